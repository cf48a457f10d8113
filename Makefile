# The commands of a developer's day. `make test` is all that CI runs after fmt and clippy.

.PHONY: test trust bench chromium clean-data

# Everything, browser tests included; sets up what they need first.
test: chromium
	cargo test --workspace --no-fail-fast

# The long form of the promises in src/tests/trust and index/src/tests: more kills, cuts and flips.
trust: chromium
	CASELLA_TRUST=full cargo test --workspace --no-fail-fast -- trust

# Ratios against other systems, in one run; sets up Postfix and notmuch (Debian) when missing.
bench:
	sh .ci/bench-tools
	cargo build --release
	cargo run --release --example bench

# Chromium and its driver, by the system's package manager, when missing.
chromium:
	@sh .ci/chromium
