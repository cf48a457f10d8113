//! Whole judgements: signed mail, records from a real name server, sessions as they come.

use mail_auth::arc::ArcSealer;
use mail_auth::common::crypto::Ed25519Key;
use mail_auth::common::headers::HeaderWriter;
use mail_auth::dkim::DkimSigner;
use mail_auth::{AuthenticationResults, DmarcOutput, DmarcResult};

use super::*;
use crate::channel::email::dns::fake::Zone;

const MAIL: &str = "From: Ann <ann@shop.example>\r\nTo: inbox@c.example\r\n\
    Subject: Where is my parcel?\r\nDate: Fri, 02 Jan 2026 03:04:05 +0000\r\n\r\nStill waiting.\r\n";

/// The address that `shop.example` sends from.
const SENDER: [u8; 4] = [198, 51, 100, 7];
const STRANGER: [u8; 4] = [203, 0, 113, 9];

/// A key and its record.
fn key() -> (Vec<u8>, String) {
    let secret = Ed25519Key::generate_pkcs8().unwrap();
    let public = Ed25519Key::from_pkcs8_der(&secret).unwrap().public_key();
    let public = data_encoding::BASE64.encode(&public);
    (secret, format!("v=DKIM1; k=ed25519; p={public}"))
}

fn signed(secret: &[u8], domain: &str, mail: &str) -> String {
    let signature = DkimSigner::from_key(Ed25519Key::from_pkcs8_der(secret).unwrap())
        .domain(domain)
        .selector("s")
        .headers(["From", "To", "Subject", "Date"])
        .sign(mail.as_bytes())
        .unwrap();
    format!("{}{mail}", signature.to_header())
}

/// What a shop publishes; `dmarc` is its policy, if it has one.
fn shop(record: &str, dmarc: Option<&str>) -> Zone {
    let zone = Zone::default()
        .txt("shop.example", "v=spf1 ip4:198.51.100.7 -all")
        .txt("s._domainkey.shop.example", record);
    match dmarc {
        Some(policy) => zone.txt("_dmarc.shop.example", &format!("v=DMARC1; p={policy}")),
        None => zone,
    }
}

fn from(ip: [u8; 4], mail_from: &str) -> Origin {
    Origin {
        ip: ip.into(),
        helo: "mail.shop.example".into(),
        mail_from: mail_from.into(),
    }
}

async fn judged(zone: Zone, trusted: &[&str], origin: Origin, mail: &str) -> Authentication {
    let trusted: Vec<_> = trusted.iter().map(|id| id.to_string()).collect();
    let authenticator = Authenticator::new(zone.serve().await, "mx.c.example", &trusted);
    authenticator.check(origin, mail.to_owned().into()).await
}

fn said(outcome: Outcome, domain: &str) -> Check {
    (outcome, domain.to_owned()).into()
}

#[tokio::test]
async fn a_mail_from_the_right_server_with_a_good_signature_is_verified() {
    let (secret, record) = key();
    let mail = signed(&secret, "shop.example", MAIL);
    let origin = from(SENDER, "bounce@shop.example");
    let found = judged(shop(&record, Some("reject")), &[], origin, &mail).await;
    let expected = Authentication {
        verdict: Verdict::Verified,
        sender_domain: "shop.example".into(),
        spf: said(Outcome::Pass, "shop.example"),
        dkim: said(Outcome::Pass, "shop.example"),
        dmarc: said(Outcome::Pass, "shop.example"),
        arc: said(Outcome::None, ""),
        relay: None,
    };
    assert_eq!(found, expected);
}

#[tokio::test]
async fn forwarding_breaks_spf_and_the_signature_still_verifies() {
    let (secret, record) = key();
    let mail = signed(&secret, "shop.example", MAIL);
    let origin = from(STRANGER, "ann@shop.example");
    let found = judged(shop(&record, Some("reject")), &[], origin, &mail).await;
    assert_eq!(found.spf.outcome, Outcome::Fail);
    assert_eq!(found.verdict, Verdict::Verified);
}

#[tokio::test]
async fn a_forged_sender_fails_where_its_domain_asks_for_it_and_is_unverified_elsewhere() {
    for (policy, verdict) in [
        (Some("reject"), Verdict::Failed),
        (Some("quarantine"), Verdict::Failed),
        (Some("none"), Verdict::Unverified),
        (None, Verdict::Unverified),
    ] {
        let (_, record) = key();
        let origin = from(STRANGER, "ann@shop.example");
        let found = judged(shop(&record, policy), &[], origin, MAIL).await;
        assert_eq!(found.verdict, verdict, "{policy:?}");
    }
}

#[tokio::test]
async fn a_good_signature_of_another_domain_vouches_for_nothing() {
    let (secret, record) = key();
    let zone = shop("v=DKIM1; p=", Some("reject"))
        .txt("s._domainkey.evil.example", &record)
        .txt("evil.example", "v=spf1 +all");
    let mail = signed(&secret, "evil.example", MAIL);
    let found = judged(zone, &[], from(STRANGER, "x@evil.example"), &mail).await;
    assert_eq!(found.spf, said(Outcome::Pass, "evil.example"));
    assert_eq!(found.dkim, said(Outcome::Pass, "evil.example"));
    assert_eq!(found.verdict, Verdict::Failed);
}

#[tokio::test]
async fn a_changed_body_breaks_the_signature() {
    let (secret, record) = key();
    let mail = signed(&secret, "shop.example", MAIL).replace("waiting", "paying");
    let origin = from(STRANGER, "x@elsewhere.example");
    let found = judged(shop(&record, Some("reject")), &[], origin, &mail).await;
    assert_ne!(found.dkim.outcome, Outcome::Pass);
    assert_eq!(found.verdict, Verdict::Failed);
}

#[tokio::test]
async fn without_dmarc_a_domain_still_vouches_for_its_own_mail() {
    let (secret, record) = key();
    let mail = signed(&secret, "shop.example", MAIL);
    let origin = from(STRANGER, "x@elsewhere.example");
    let found = judged(shop(&record, None), &[], origin, &mail).await;
    assert_eq!(found.dmarc.outcome, Outcome::None);
    assert_eq!(found.verdict, Verdict::Verified);

    let origin = from(SENDER, "ann@shop.example");
    let found = judged(shop(&record, None), &[], origin, MAIL).await;
    assert_eq!(found.verdict, Verdict::Verified);
}

#[tokio::test]
async fn a_null_path_is_judged_by_the_name_in_ehlo() {
    let (_, record) = key();
    let zone = shop(&record, None).txt("mail.shop.example", "v=spf1 ip4:198.51.100.7 -all");
    let found = judged(zone, &[], from(SENDER, ""), MAIL).await;
    assert_eq!(found.spf, said(Outcome::Pass, "mail.shop.example"));
}

#[tokio::test]
async fn a_name_server_that_fails_leaves_a_mail_unverified() {
    let (_, record) = key();
    let zone = shop(&record, None)
        .failing("_dmarc.shop.example")
        .failing("shop.example");
    let found = judged(zone, &[], from(SENDER, "ann@shop.example"), MAIL).await;
    assert_eq!(found.spf.outcome, Outcome::TempError);
    assert_eq!(found.verdict, Verdict::Unverified);
}

#[tokio::test]
async fn a_name_server_that_never_answers_leaves_what_others_said() {
    let (_, record) = key();
    let zone = shop(&record, Some("reject")).silent("_dmarc.shop.example");
    let found = judged(zone, &[], from(SENDER, "ann@shop.example"), MAIL).await;
    assert_eq!(found.spf, said(Outcome::Pass, "shop.example"));
    assert_eq!(found.dmarc.outcome, Outcome::TempError);
    assert_eq!(found.verdict, Verdict::Unverified);
}

#[tokio::test]
async fn while_the_resolver_is_lost_no_mail_waits_for_it() {
    let dns = Zone::default().silent("").serve().await;
    let judge = Authenticator::new(dns, "mx.c.example", &[]);
    let mails = (0..20).map(|_| judge.check(from(SENDER, "ann@shop.example"), MAIL.into()));
    for found in futures_util::future::join_all(mails).await {
        assert_eq!(found.spf.outcome, Outcome::TempError);
        assert_eq!(found.verdict, Verdict::Unverified);
        assert_eq!(found.sender_domain, "shop.example");
    }
    assert!(judge.0.pulse.is_lost());
    // Nothing is asked any more, so nothing has to be waited for.
    let found = judge.check(from(SENDER, "ann@shop.example"), MAIL.into());
    assert!(futures_util::FutureExt::now_or_never(found).is_some());
}

#[tokio::test]
async fn a_senders_silent_name_server_does_not_make_the_resolver_lost() {
    let zone = Zone::default().silent("shop.example");
    let judge = Authenticator::new(zone.serve().await, "mx.c.example", &[]);
    let found = judge.check(from(SENDER, "ann@shop.example"), MAIL.into());
    assert_eq!(found.await.verdict, Verdict::Unverified);
    assert!(!judge.0.pulse.is_lost());
}

#[tokio::test]
async fn mail_that_names_no_single_sender_is_unverified() {
    for mail in [
        "",
        "\r\n\r\n",
        "Subject: no sender\r\n\r\n",
        "From: ann@shop.example, bob@other.example\r\n\r\n",
        "From: nobody\r\n\r\n",
        "\u{0}\u{1}: \u{ff}",
    ] {
        let (_, record) = key();
        let origin = from(SENDER, "ann@shop.example");
        let found = judged(shop(&record, None), &[], origin, mail).await;
        assert_eq!(found.verdict, Verdict::Unverified, "{mail:?}");
        assert_eq!(found.sender_domain, "", "{mail:?}");
    }
}

const CLAIM: &str = "Authentication-Results: relay.c.example; dmarc=pass header.from=shop.example;\r\n \
    dkim=pass header.d=shop.example; spf=pass smtp.mailfrom=ann@shop.example\r\n";

#[tokio::test]
async fn what_a_mail_says_of_itself_is_not_believed() {
    for (trusted, origin) in [
        (&[][..], from([10, 0, 0, 1], "ann@shop.example")),
        (&["other.example"], from([10, 0, 0, 1], "ann@shop.example")),
        (&["relay.c.example"], from([8, 8, 8, 8], "ann@shop.example")),
    ] {
        let (_, record) = key();
        let mail = format!("{CLAIM}{MAIL}");
        let found = judged(shop(&record, Some("reject")), trusted, origin, &mail).await;
        assert_eq!(found.verdict, Verdict::Failed, "{trusted:?}");
        assert_eq!(found.relay, None);
    }
}

#[tokio::test]
async fn what_our_relay_says_is_believed_from_our_network_and_from_its_own_address() {
    let abroad = Origin {
        helo: "relay.c.example".into(),
        ..from([8, 8, 8, 8], "ann@shop.example")
    };
    for origin in [from([10, 0, 0, 1], "ann@shop.example"), abroad] {
        let (_, record) = key();
        let zone = shop(&record, Some("reject")).a("relay.c.example", [8, 8, 8, 8]);
        let found = judged(
            zone,
            &["Relay.C.example"],
            origin,
            &format!("{CLAIM}{MAIL}"),
        )
        .await;
        let expected = Authentication {
            verdict: Verdict::Verified,
            sender_domain: "shop.example".into(),
            spf: said(Outcome::Pass, "shop.example"),
            dkim: said(Outcome::Pass, "shop.example"),
            dmarc: said(Outcome::Pass, "shop.example"),
            arc: said(Outcome::None, ""),
            relay: Some("relay.c.example".into()),
        };
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn a_relay_that_speaks_of_another_sender_does_not_speak_for_this_one() {
    let (_, record) = key();
    let mail = format!("{CLAIM}{MAIL}").replace("header.from=shop", "header.from=other");
    let origin = from([10, 0, 0, 1], "ann@shop.example");
    let found = judged(
        shop(&record, Some("reject")),
        &["relay.c.example"],
        origin,
        &mail,
    )
    .await;
    assert_eq!((found.verdict, found.relay), (Verdict::Failed, None));
}

/// The mail sealed by `forwarder.example`, which says that DMARC passed there.
async fn sealed(secret: &[u8], zone_record: &str) -> (String, Zone) {
    let message = AuthenticatedMessage::parse(MAIL.as_bytes()).unwrap();
    let passed = DmarcOutput::default()
        .with_domain("shop.example")
        .with_dkim_result(DmarcResult::Pass);
    let results = AuthenticationResults::new("mx.forwarder.example").with_dmarc_result(&passed);
    let unsealed = MessageAuthenticator(Zone::default().serve().await.resolver().clone());
    let chain = unsealed.verify_arc(&message).await;
    let set = ArcSealer::from_key(Ed25519Key::from_pkcs8_der(secret).unwrap())
        .domain("forwarder.example")
        .selector("s")
        .headers(["From", "To", "Subject", "Date"])
        .seal(&message, &results, &chain)
        .unwrap();
    let zone =
        shop("v=DKIM1; p=", Some("reject")).txt("s._domainkey.forwarder.example", zone_record);
    (format!("{}{MAIL}", set.to_header()), zone)
}

#[tokio::test]
async fn a_whole_chain_sealed_by_a_trusted_forwarder_vouches_and_any_other_does_not() {
    for (trusted, verdict) in [
        (&["mx.forwarder.example"][..], Verdict::Verified),
        (&[][..], Verdict::Failed),
        (&["mx.someone.example"], Verdict::Failed),
    ] {
        let (secret, record) = key();
        let (mail, zone) = sealed(&secret, &record).await;
        let origin = from(STRANGER, "ann@shop.example");
        let found = judged(zone, trusted, origin, &mail).await;
        assert_eq!(found.arc, said(Outcome::Pass, "forwarder.example"));
        assert_eq!(found.verdict, verdict, "{trusted:?}");
    }
}

#[tokio::test]
async fn a_broken_chain_vouches_for_nothing() {
    let (secret, _) = key();
    let (_, other) = key();
    let (mail, zone) = sealed(&secret, &other).await;
    let origin = from(STRANGER, "ann@shop.example");
    let found = judged(zone, &["mx.forwarder.example"], origin, &mail).await;
    assert_eq!(found.arc.outcome, Outcome::Fail);
    assert_eq!(found.verdict, Verdict::Failed);
}

#[test]
fn a_domain_speaks_for_itself_and_what_is_under_it() {
    for (domain, other, covers_it) in [
        ("a.example", "a.example", true),
        ("a.example", "mail.a.example", true),
        ("mail.a.example", "a.example", false),
        ("a.example", "ba.example", false),
        ("example", "a.example", false),
        ("", "a.example", false),
    ] {
        assert_eq!(covers(domain, other), covers_it, "{domain} {other}");
    }
}

#[test]
fn what_is_stored_reads_back() {
    let found = Authentication {
        verdict: Verdict::Failed,
        spf: said(Outcome::SoftFail, "a.example"),
        ..Authentication::default()
    };
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["verdict"], "failed");
    assert_eq!(json["spf"]["outcome"], "softfail");
    assert_eq!(
        serde_json::from_value::<Authentication>(json).unwrap(),
        found
    );
}
