//! What the conversation holds tells new words from quoted ones, whatever program or language.

use super::office::*;
use crate::rules::token;
use casella_index::model::*;

const FIRST: &str = "From: Mario <mario@x.example>
To: inbox@localhost
Subject: Lamp
Message-ID: <lamp@x.example>

Good morning, I have ordered the blue lamp with the long cable and it has not arrived yet.

Mario Rossi
Via delle Lampade 12, 20100 Milano";

fn texts(office: &Office, id: MessageId) -> (String, String) {
    let body = office.inbox.store.body(&office.message(id)).unwrap();
    (body.text, body.quoted_text)
}

#[tokio::test]
async fn words_the_conversation_holds_are_folded_though_nothing_marks_them() {
    let office = Office::open().await;
    office.deliver(FIRST).await;
    let again = office
        .deliver(
            "From: Mario <mario@x.example>
To: inbox@localhost
Subject: Lamp
Message-ID: <again@x.example>

Any news?

Mario Rossi jatlhpu':

Good morning, I have ordered the blue lamp with the long cable
and it has not arrived yet.",
        )
        .await;
    let (text, quoted) = texts(&office, again.message);
    assert_eq!(text, "Any news?");
    assert!(quoted.contains("the blue lamp"), "{quoted}");
}

#[tokio::test]
async fn below_the_name_hidden_in_our_mail_all_is_quoted() {
    let office = Office::open().await;
    let conversation = office.deliver(FIRST).await.conversation;
    let ours = office.answer(conversation, "mario@x.example");
    let marker = token::marker(&office.inbox.keys, ours.id.0);
    let answer = |name: &str| {
        format!(
            "From: Mario <mario@x.example>
To: inbox@localhost
Subject: Re: Lamp
Message-ID: <{}@x.example>
Content-Type: text/html; charset=utf-8

<p>Grazie!</p><p><a name=\"{name}\"></a>It left yesterday.</p><p>Anna</p>",
            name.len()
        )
    };
    let received = office.deliver(&answer(&marker)).await;
    assert_eq!(texts(&office, received.message).0, "Grazie!");
    let forged = marker.replace("casella_", "casella_1");
    let received = office.deliver(&answer(&forged)).await;
    assert!(
        texts(&office, received.message)
            .0
            .contains("It left yesterday.")
    );
}
