//! The reference file says what the code does, and errors name file, key and reason.

use super::*;

const REFERENCE: &str = include_str!("../../config/casella.toml");

fn refusal(text: &str) -> String {
    let failure = Config::parse(text, "config/casella.toml").expect_err(text);
    assert_eq!(failure.code, crate::error::MISUSED, "{text}");
    failure.to_string()
}

fn parsed(text: &str) -> Config {
    Config::parse(text, "test.toml").unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Everything but which keys the file gave.
fn shown(mut config: Config) -> String {
    config.set.clear();
    format!("{config:#?}")
}

fn uncommented() -> String {
    let key = regex::Regex::new(r"(?m)^# ([a-z_]+ = )").unwrap();
    key.replace_all(REFERENCE, "$1").into_owned()
}

#[test]
fn the_reference_changes_nothing_as_shipped() {
    assert_eq!(shown(parsed(REFERENCE)), shown(Config::default()));
}

#[test]
fn the_reference_shows_every_key_at_its_default() {
    let full = parsed(&uncommented());
    assert_eq!(shown(full.clone()), shown(Config::default()));
    assert!(full.is_set("smtp.max_message"));
}

#[test]
fn the_reference_names_every_key_there_is() {
    let known = refusal("nonsense = 1");
    let sections: Vec<&str> = backticked(&known).skip(3).collect();
    assert!(sections.len() > 10, "{known}");
    for section in sections {
        let known = refusal(&format!("[{section}]\nnonsense = 1"));
        let after = known.split_once("expected").expect("a list of keys").1;
        for key in backticked(after) {
            assert!(
                named(section, key),
                "{section}.{key} is missing from the reference"
            );
        }
    }
}

fn backticked(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn named(section: &str, key: &str) -> bool {
    REFERENCE
        .split("\n[")
        .find(|part| part.starts_with(&format!("{section}]")))
        .is_some_and(|part| {
            part.lines().any(|line| {
                line.starts_with(&format!("# {key} = ")) || line.starts_with(&format!("# {key}: "))
            })
        })
}

#[test]
fn a_refusal_names_file_key_and_reason() {
    for (text, expected) in [
        (
            "[smtp]\nlisten = \"nowhere\"",
            "`config/casella.toml`: `smtp.listen`: invalid socket address",
        ),
        (
            "[smtp]\nlisen = \"127.0.0.1:1\"",
            "`config/casella.toml`: `smtp.lisen`: unknown field",
        ),
        ("[smpt]", "`config/casella.toml`: `smpt`: unknown field"),
        (
            "[smtp]\nmax_message = \"big\"",
            "`smtp.max_message`: `big` is not a size",
        ),
        (
            "[smtp]\nhostname = \"a b\"",
            "`smtp.hostname`: `a b` is not a host name",
        ),
        (
            "[inbox]\naddresses = []",
            "`inbox.addresses`: name at least one",
        ),
        (
            "[inbox]\naddresses = [\"nobody\"]",
            "`inbox.addresses`: `nobody` is neither",
        ),
        (
            "[inbox]\nlanguage = \"de\"",
            "`inbox.language`: unknown variant `de`, expected `en` or `it`",
        ),
        (
            "[inbox]\nthreading = \"both\"",
            "`inbox.threading`: unknown variant",
        ),
        (
            "[inbox]\nfrom = \"Support\"",
            "`inbox.from`: `Support` is no mailbox",
        ),
        (
            "[outbound]\nvia = \"pigeon://roof\"",
            "`outbound.via`: not a way for mail to leave",
        ),
        (
            "[outbound]\npassword = \"x\"",
            "`outbound.password`: there is a password but",
        ),
        (
            "[http]\npublic_url = \"inbox.example.com\"",
            "`http.public_url`: `inbox.example.com` is no http",
        ),
        (
            "[http]\npublic_url = \"https://a.example/b\"",
            "`http.public_url`: `https://a.example/b` must be",
        ),
        (
            "[http]\ntrusted_proxies = [\"10/8\"]",
            "`http.trusted_proxies[0]`: `10/8` is no address",
        ),
        (
            "[http]\ntls = { cert = \"a\" }",
            "`http.tls`: missing field `key`",
        ),
        (
            "[chat]\norigins = [\"shop.example.com\"]",
            "`chat.origins`: `shop.example.com` is no web site",
        ),
        (
            "[chat]\norigins = [\"https://a; script-src *\"]",
            "`chat.origins`",
        ),
        (
            "[messenger]\npages = [{ id = \"1\" }]",
            "`messenger.pages[0]`: missing field `token`",
        ),
        (
            "[messenger]\napp_secret = { env = \"CASELLA_TEST_UNSET\" }",
            "`messenger.app_secret`: the environment variable `CASELLA_TEST_UNSET` is not set",
        ),
        (
            "[messenger]\napp_secret = { file = \"/nonexistent\" }",
            "`messenger.app_secret`: cannot read `/nonexistent`",
        ),
        (
            "[sessions]\nidle = \"soon\"",
            "`sessions.idle`: `soon` is not a span of time",
        ),
        (
            "[limits]\nchat_per_minute = -1",
            "`limits.chat_per_minute`: ",
        ),
        ("[store\n", "`config/casella.toml`: line 1: "),
    ] {
        let said = refusal(text);
        assert!(said.contains(expected), "{text}\n  says: {said}");
        assert!(!said.contains('\n'), "{said}");
    }
}

#[test]
fn ways_for_mail_to_leave() {
    let smarthost = |text: &str| match text.parse::<Via>() {
        Ok(Via::Smarthost(host)) => host,
        other => panic!("{text}: {other:?}"),
    };
    for (text, security, user, host, port) in [
        (
            "smtp://127.0.0.1:25",
            Security::Plain,
            None,
            "127.0.0.1",
            25,
        ),
        (
            "smtp://relay.example.com",
            Security::Plain,
            None,
            "relay.example.com",
            25,
        ),
        ("smtp://[::1]:2525", Security::Plain, None, "::1", 2525),
        ("smtp://[::1]", Security::Plain, None, "::1", 25),
        (
            "smtp+starttls://mario@relay.example.com",
            Security::StartTls,
            Some("mario"),
            "relay.example.com",
            587,
        ),
        (
            "smtps://mario@example.com@relay.example.com:4650",
            Security::Tls,
            Some("mario@example.com"),
            "relay.example.com",
            4650,
        ),
        (
            "smtps://mario%40example.com@relay.example.com/",
            Security::Tls,
            Some("mario@example.com"),
            "relay.example.com",
            465,
        ),
    ] {
        let found = smarthost(text);
        assert_eq!(
            (
                found.security,
                found.user.as_deref(),
                found.host.as_str(),
                found.port
            ),
            (security, user, host, port),
            "{text}"
        );
    }
    assert_eq!("mx".parse(), Ok(Via::Mx));
    assert_eq!("hold".parse(), Ok(Via::Hold));
    for text in [
        "",
        "smtp://",
        "smtp://host:port",
        "http://host",
        "smtp://@host",
        "smtp://a b",
    ] {
        assert!(text.parse::<Via>().is_err(), "{text}");
    }
}

#[test]
fn secrets_are_read_from_files_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "hunter2\n").unwrap();
    let config = parsed(&format!(
        "[messenger]\napp_secret = {{ file = '{}' }}\nverify_token = \"open sesame\"\n\
         [outbound]\nvia = \"smtps://mario:swordfish@relay.example.com\"",
        path.display()
    ));
    let secret = config.messenger.app_secret.as_ref().unwrap();
    assert_eq!(secret.reveal(), "hunter2");
    let shown = format!("{config:?}");
    for word in ["hunter2", "open sesame", "swordfish"] {
        assert!(!shown.contains(word), "{shown}");
    }
}

#[test]
fn networks_hold_their_addresses_in_both_spellings() {
    for (network, address, held) in [
        ("10.0.0.0/8", "10.1.2.3", true),
        ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ("10.0.0.0/8", "11.0.0.1", false),
        ("127.0.0.1", "127.0.0.1", true),
        ("127.0.0.1", "127.0.0.2", false),
        ("0.0.0.0/0", "8.8.8.8", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "8.8.8.8", true),
        ("fd00::/8", "fd12::1", true),
    ] {
        let parsed: Network = network.parse().unwrap();
        assert_eq!(
            parsed.contains(address.parse().unwrap()),
            held,
            "{network} {address}"
        );
    }
    assert!("10.0.0.0/33".parse::<Network>().is_err());
}

#[test]
fn sizes_and_periods_are_read_as_people_write_them() {
    for (text, bytes) in [
        ("25 MiB", 26_214_400),
        ("1 kB", 1_000),
        ("7", 7),
        ("2GiB", 2_147_483_648),
    ] {
        assert_eq!(text.parse::<Size>().map(Size::bytes), Ok(bytes), "{text}");
    }
    for (text, seconds) in [
        ("15 s", 15),
        ("30 min", 1_800),
        ("8h", 28_800),
        ("7 days", 604_800),
    ] {
        assert_eq!(
            text.parse::<Period>().map(|p| p.0.as_secs()),
            Ok(seconds),
            "{text}"
        );
    }
    assert!("99999999999999999999 GiB".parse::<Size>().is_err());
    assert!("0 h".parse::<Period>().is_err());
}

#[test]
fn addresses_are_lower_case_and_the_first_names_the_reply_domain() {
    let config = parsed("[inbox]\naddresses = [\"Help@Shop.Example\", \"@other.example\"]");
    assert_eq!(
        config.inbox.addresses,
        ["help@shop.example", "@other.example"]
    );
    assert_eq!(config.inbox.reply_domain(), "shop.example");
    let config = parsed("[inbox]\nreply_domain = \"@R.Example\"");
    assert_eq!(config.inbox.reply_domain(), "r.example");
}

#[test]
fn only_keys_in_the_file_count_as_set() {
    let config = parsed("[chat]\norigins = [\"https://shop.example.com/\"]");
    assert!(config.is_set("chat.origins"));
    assert!(!config.is_set("messenger.pages"));
    assert_eq!(config.chat.origins, ["https://shop.example.com"]);
}
