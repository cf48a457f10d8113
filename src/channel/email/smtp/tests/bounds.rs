//! What no dialog can show: deadlines, crowds, panics, floods and the end.

use std::time::Duration;

use super::{
    client::Client,
    desk::{Receiver, config, start},
};
use crate::channel::email::smtp::{Limits, trace_headers};

const SHORT: Duration = Duration::from_millis(300);

/// A receiver whose limits differ from those of every day.
async fn with(change: impl FnOnce(&mut Limits)) -> Receiver {
    let mut limits = Limits::default();
    change(&mut limits);
    start(config(limits)).await
}

/// A whole message for `recipient`; the reply to it.
async fn deliver(receiver: &Receiver, recipient: &str, text: &[u8]) -> String {
    let mut client = Client::greeted(receiver.address).await;
    assert!(client.open_message(recipient).await.starts_with("354"));
    client.send(text).await;
    client.ask("\r\n.").await
}

/// A session that said `opening` and then falls silent is cut off with these words.
async fn is_cut_off(receiver: &Receiver, opening: &str, words: &str) {
    let mut client = Client::greeted(receiver.address).await;
    client.send(opening).await;
    assert_eq!(client.reply().await, words, "{opening:?}");
    assert!(client.is_closed().await);
}

const TIMEOUT: &str = "421 4.4.2 Timeout, closing connection";

#[tokio::test]
async fn a_silent_session_is_closed() {
    is_cut_off(&with(|l| l.idle = SHORT).await, "", TIMEOUT).await;
}

#[tokio::test]
async fn a_command_line_begun_and_not_ended_is_closed() {
    let receiver = with(|l| l.line = SHORT).await;
    is_cut_off(&receiver, "NOO", TIMEOUT).await;
    is_cut_off(&receiver, &"x".repeat(5_000), TIMEOUT).await;
}

#[tokio::test]
async fn a_command_line_that_trickles_is_closed_however_often_it_moves() {
    let receiver = with(|l| l.line = SHORT).await;
    let mut client = Client::greeted(receiver.address).await;
    for _ in 0..8 {
        client.send("x").await;
        tokio::time::sleep(SHORT / 4).await;
    }
    assert_eq!(client.reply().await, TIMEOUT);
}

#[tokio::test]
async fn a_session_ends_however_busy_it_is() {
    let receiver = with(|l| l.session = SHORT).await;
    let mut client = Client::greeted(receiver.address).await;
    let mut reply = client.ask("NOOP").await;
    while reply == "250 2.0.0 OK" {
        tokio::time::sleep(SHORT / 10).await;
        reply = client.ask("NOOP").await;
    }
    assert_eq!(reply, TIMEOUT);
}

#[tokio::test]
async fn data_that_stops_or_crawls_is_cut_off_and_not_kept() {
    let stops = with(|l| l.data_read = SHORT).await;
    let crawls = with(|l| (l.line, l.data_rate) = (SHORT, 1_000_000)).await;
    for receiver in [stops, crawls] {
        let mut client = Client::greeted(receiver.address).await;
        client.open_message("inbox@test.example").await;
        client.send("Subject: half\r\n").await;
        assert_eq!(client.reply().await, TIMEOUT);
        assert!(client.is_closed().await);
        assert!(receiver.desk.kept.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_address_has_its_share_of_connections_and_gets_it_back() {
    let receiver = with(|l| l.per_address = 2).await;
    let first = Client::greeted(receiver.address).await;
    let _second = Client::greeted(receiver.address).await;
    let mut third = Client::connect(receiver.address).await;
    assert_eq!(
        third.reply().await,
        "421 4.7.0 Too many connections from your address"
    );
    assert!(third.is_closed().await);
    drop(first);
    while !Client::connect(receiver.address)
        .await
        .reply()
        .await
        .starts_with("220")
    {}
}

#[tokio::test]
async fn beyond_all_connections_a_client_is_told_to_come_later() {
    let receiver = with(|l| l.connections = 2).await;
    let _guests = [
        Client::greeted(receiver.address).await,
        Client::greeted(receiver.address).await,
    ];
    let mut late = Client::connect(receiver.address).await;
    assert_eq!(
        late.reply().await,
        "421 4.3.2 Too many connections, try again later"
    );
}

#[tokio::test]
async fn in_a_crowd_silence_is_borne_for_a_shorter_time_and_those_who_waited_already_notice() {
    let receiver = with(|l| (l.connections, l.crowded_idle) = (4, SHORT)).await;
    let mut early = Client::greeted(receiver.address).await;
    let mut guests = Vec::new();
    for _ in 0..3 {
        guests.push(Client::greeted(receiver.address).await);
    }
    assert_eq!(early.reply().await, TIMEOUT);
}

#[tokio::test]
async fn with_a_limit_of_nothing_nobody_is_counted() {
    let receiver = with(|l| {
        (
            l.connections,
            l.per_address,
            l.errors,
            l.recipients,
            l.data_rate,
        ) = (0, 0, 0, 0, 0);
    })
    .await;
    let mut clients = Vec::new();
    for _ in 0..25 {
        clients.push(Client::greeted(receiver.address).await);
    }
    for _ in 0..25 {
        assert!(clients[0].ask("XYZZY").await.starts_with("500"));
    }
    assert!(
        clients[0]
            .open_message("inbox@test.example")
            .await
            .starts_with("354")
    );
    assert!(clients[0].ask(".").await.starts_with("250"));
}

#[tokio::test]
async fn two_hundred_idle_clients_do_not_keep_the_next_one_waiting() {
    let receiver = with(|l| l.per_address = 0).await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(Client::greeted(receiver.address).await);
    }
    assert!(
        deliver(&receiver, "inbox@test.example", b"x")
            .await
            .starts_with("250")
    );
}

#[tokio::test]
async fn a_panic_ends_its_own_session_only_and_its_message_is_not_acknowledged() {
    let receiver = with(|l| l.per_address = 1).await;
    for _ in 0..5 {
        let reply = deliver(&receiver, "panic@test.example", b"x").await;
        assert_eq!(reply, "closed");
    }
    assert!(
        deliver(&receiver, "inbox@test.example", b"x")
            .await
            .starts_with("250")
    );
}

#[tokio::test]
async fn a_message_beyond_memory_arrives_whole() {
    let mut config = config(Limits::default());
    config.max_message = 10_000_000;
    let receiver = start(config).await;
    let line = [&[b'x'; 998][..], b"\r\n"].concat();
    let text = line.repeat(3_000);
    assert!(
        deliver(&receiver, "inbox@test.example", &text)
            .await
            .starts_with("250")
    );
    let kept = receiver.desk.kept.lock().unwrap();
    assert!(kept[0].data == [&text[..], b"\r\n"].concat());
}

#[tokio::test]
async fn a_client_that_leaves_inside_a_message_leaves_nothing() {
    let receiver = with(|_| ()).await;
    let mut client = Client::greeted(receiver.address).await;
    client.open_message("inbox@test.example").await;
    client.send("half\r\n.\r").await;
    drop(client);
    assert!(
        deliver(&receiver, "inbox@test.example", b"whole")
            .await
            .starts_with("250")
    );
    assert_eq!(receiver.desk.kept.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn the_envelope_tells_how_the_mail_came() {
    let receiver = with(|_| ()).await;
    deliver(&receiver, "inbox@test.example", b"x").await;
    let envelopes = receiver.desk.envelopes.lock().unwrap();
    let headers = trace_headers(&envelopes[0], "mx.test.example", 0);
    assert_eq!(
        headers,
        "Return-Path: <ann@client.example>\r\n\
         Received: from client.example ([127.0.0.1])\r\n\
         \tby mx.test.example with ESMTP\r\n\
         \tfor <inbox@test.example>;\r\n\
         \tThu, 01 Jan 1970 00:00:00 +0000\r\n"
    );
}

const SHUTTING_DOWN: &str = "421 4.3.2 Shutting down, try again later";

#[tokio::test]
async fn at_shutdown_the_idle_leave_and_open_transactions_are_finished() {
    let receiver = with(|_| ()).await;
    let mut idle = Client::greeted(receiver.address).await;
    let mut sending = Client::greeted(receiver.address).await;
    let mut beginning = Client::greeted(receiver.address).await;
    sending.open_message("inbox@test.example").await;
    beginning.ask("EHLO client.example").await;
    beginning.ask("MAIL FROM:<ann@client.example>").await;

    receiver.stop.send(true).unwrap();
    assert_eq!(idle.reply().await, SHUTTING_DOWN);
    assert_eq!(sending.ask("x\r\n.").await, "250 2.0.0 Queued as 1");
    assert_eq!(sending.reply().await, SHUTTING_DOWN);
    beginning.ask("RCPT TO:<inbox@test.example>").await;
    beginning.ask("DATA").await;
    assert_eq!(beginning.ask(".").await, "250 2.0.0 Queued as 2");
    receiver.serving.await.unwrap();
    assert_eq!(receiver.desk.kept.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_message_being_committed_at_shutdown_still_gets_its_reply() {
    let receiver = with(|_| ()).await;
    let mut client = Client::greeted(receiver.address).await;
    client.open_message("slow@test.example").await;
    client.send("x\r\n.\r\n").await;
    receiver.desk.handed_over.acquire().await.unwrap().forget();
    receiver.stop.send(true).unwrap();
    receiver.desk.slow.add_permits(1);
    assert_eq!(client.reply().await, "250 2.0.0 Queued as 1");
    receiver.serving.await.unwrap();
}

#[tokio::test]
async fn a_message_that_does_not_end_in_time_is_refused_at_shutdown() {
    let receiver = with(|l| l.drain = SHORT).await;
    let mut client = Client::greeted(receiver.address).await;
    client.open_message("inbox@test.example").await;
    receiver.stop.send(true).unwrap();
    client.send("half\r\n").await;
    assert_eq!(client.reply().await, SHUTTING_DOWN);
    receiver.serving.await.unwrap();
    assert!(receiver.desk.kept.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_transaction_begins_during_shutdown() {
    let receiver = with(|_| ()).await;
    let mut client = Client::greeted(receiver.address).await;
    client.open_message("slow@test.example").await;
    client
        .send("x\r\n.\r\nMAIL FROM:<ann@client.example>\r\n")
        .await;
    receiver.desk.handed_over.acquire().await.unwrap().forget();
    receiver.stop.send(true).unwrap();
    receiver.desk.slow.add_permits(1);
    assert_eq!(client.reply().await, "250 2.0.0 Queued as 1");
    assert_eq!(client.reply().await, SHUTTING_DOWN);
}
