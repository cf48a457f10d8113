//! Whole mails: what is new, what is quoted, what is signature. Expected text is the new words.

use super::*;

#[track_caller]
fn check(text: &str, new: &str) {
    assert_eq!(part_text(text).reply_text, new, "{text}");
}

#[test]
fn header_blocks_of_outlook_cut_in_every_language() {
    for block in [
        "From: somebody@example.com\nSent: March-19-11 5:42 PM\nTo: Somebody\nSubject: Your Loop",
        "From: Smith, John\nSent: Monday, 3 May 2021 10:02\nTo: Doe, Jane\nSubject: x",
        "Von: somebody@example.com\nGesendet: Dienstag, 25. November 2014 14:59\nAn: Somebody\nBetreff: Hallo",
        "De : Brendan [mailto:brendan@example.com]\nEnvoyé : vendredi 23 janvier 2015 16:39\nÀ : Camille\nObjet : Suivi",
        "Fra: somebody@example.com\nSendt: 19. march 2011 12:10\nTil: Somebody\nEmne: Hej",
        "Från: Anno Sportel [mailto:anno@example.com]\nSkickat: den 26 augusti 2015 14:45\nTill: Leiff\nÄmne: RE: Week 36",
        "Da: Anna Rossi <anna@example.com>\nInviato: mercoledì 3 maggio 2023 09:14\nA: Bruno\nOggetto: Ordine",
        "De: Ana <ana@example.com>\nEnviado el: miércoles, 3 de mayo de 2023 9:14\nPara: Luis\nAsunto: Pedido",
        "De: Ana <ana@example.com>\nEnviada em: quarta-feira, 3 de maio de 2023 09:14\nPara: Luis\nAssunto: Pedido",
        "Van: Anna <anna@example.com>\nVerzonden: woensdag 3 mei 2023 09:14\nAan: Bram\nOnderwerp: Bestelling",
        "Lähettäjä: Anna <anna@example.com>\nLähetetty: keskiviikko 3. toukokuuta 2023 9.14\nVastaanottaja: Bo\nAihe: Tilaus",
        "Od: Anna <anna@example.com>\nWysłano: środa, 3 maja 2023 09:14\nDo: Bartek\nTemat: Zamówienie",
        "Od: Anna <anna@example.com>\nOdesláno: středa 3. května 2023 9:14\nKomu: Bob\nPředmět: Objednávka",
        "Od: Anna <anna@example.com>\nOdoslané: streda 3. mája 2023 9:14\nKomu: Bob\nPredmet: Objednávka",
        "Feladó: Anna <anna@example.com>\nElküldve: 2023. május 3., szerda 9:14\nCímzett: Béla\nTárgy: Rendelés",
        "De la: Ana <ana@example.com>\nTrimis: miercuri, 3 mai 2023 09:14\nCătre: Ion\nSubiect: Comandă",
        "Šalje: Ana <ana@example.com>\nPoslano: srijeda, 3. svibnja 2023. 9:14\nPrima: Ivo\nPredmet: Narudžba",
        "Od: Ana <ana@example.com>\nPoslano: sreda, 3. maj 2023 9:14\nZa: Ivo\nZadeva: Naročilo",
        "От: Анна <anna@example.com>\nОтправлено: среда, 3 мая 2023 г. 9:14\nКому: Борис\nТема: Заказ",
        "Від: Анна <anna@example.com>\nНадіслано: середа, 3 травня 2023 р. 9:14\nКому: Борис\nТема: Замовлення",
        "От: Анна <anna@example.com>\nИзпратено: сряда, 3 май 2023 г. 9:14\nДо: Борис\nОтносно: Поръчка",
        "Από: Anna <anna@example.com>\nΣτάλθηκε: Τετάρτη, 3 Μαΐου 2023 9:14 πμ\nΠρος: Bob\nΘέμα: Παραγγελία",
        "Kimden: Anna <anna@example.com>\nGönderildi: 3 Mayıs 2023 Çarşamba 09:14\nKime: Bora\nKonu: Sipariş",
        "Saatja: Anna <anna@example.com>\nSaadetud: kolmapäev, 3. mai 2023 9:14\nAdressaat: Bo\nTeema: Tellimus",
        "Nuo: Anna <anna@example.com>\nIšsiųsta: 2023 m. gegužės 3 d. 9:14\nKam: Bo\nTema: Užsakymas",
        "No: Anna <anna@example.com>\nNosūtīts: trešdiena, 2023. gada 3. maijs 9:14\nKam: Bo\nTēma: Pasūtījums",
        "差出人: Anna <anna@example.com>\n送信日時: 2023年5月3日水曜日 9:14\n宛先: Bob\n件名: 注文",
        "发件人: Anna <anna@example.com>\n发送时间: 2023年5月3日 9:14\n收件人: Bob\n主题: 订单",
        "寄件者: Anna <anna@example.com>\n日期: 2023年5月3日 9:14\n收件者: Bob\n主旨: 訂單",
        "보낸 사람: Anna <anna@example.com>\n보낸 날짜: 2023년 5월 3일 수요일 오전 9:14\n받는 사람: Bob\n제목: 주문",
        "من: Anna <anna@example.com>\nتم الإرسال: 03/مايو/2023 09:14 ص\nإلى: Bob\nالموضوع: طلب",
        "מאת: Anna <anna@example.com>\nנשלח: יום רביעי 03 מאי 2023 09:14\nאל: Bob\nנושא: הזמנה",
        "Từ: Anna <anna@example.com>\nĐã gửi: Thứ Tư, 3 Tháng Năm, 2023 9:14\nĐến: Bob\nChủ đề: Đơn hàng",
        "*From:* bob@example.com [mailto:\nbob@example.com]\n*Sent:* Wednesday, June 27, 2012 3:05 PM\n*To:* travis@example.com\n*Subject:* Hello",
        "**From:** Bob <bob@example.com>\n**Date:** Wednesday, June 27, 2012 at 3:05 PM\n**To:** Travis <t@example.com>\n**Subject:** Hello",
        "Date: Wed, 16 May 2012 00:15:02 -0600\nTo: klizhentas@example.com",
        "Date: Fri=2C 28 Sep 2012 10:55:48 +0000\nFrom: tickets@example.com\nTo: bob@example.com\nSubject: [Ticket #8] Test",
        "From: bob@example.com\nDate: Tue, Sep 4, 2012 at 1:35 PM\nSubject: Two\nline subject\nTo: rob@example.com",
        "From: Bob <bob@example.com>\n\nSent: Tuesday, 4 September 2012 13:35\n\nTo: rob@example.com\n\nSubject: Spaced",
    ] {
        for rule in [
            "",
            "________________________________\n",
            "-----Original Message-----\n",
            "\n",
        ] {
            check(
                &format!("New words.\n\n{rule}{block}\n\nOld words,\nand more.\n"),
                "New words.",
            );
        }
    }
}

#[test]
fn separators_cut_in_every_language() {
    for line in [
        "-----Original Message-----",
        "----- Original Message -----",
        "*----- Original Message -----*",
        "-------- Original Message --------",
        "------ Original Message ------",
        "---- Reply Message ----",
        "-----Ursprüngliche Nachricht-----",
        "-------- Ursprüngliche Nachricht --------",
        "---- Antwort Nachricht ----",
        "-----Message d'origine-----",
        "-----Message d’origine-----",
        "-------- Message original --------",
        "-----Messaggio originale-----",
        "-----Mensaje original-----",
        "-----Mensagem original-----",
        "-----Oorspronkelijk bericht-----",
        "-----Ursprungligt meddelande-----",
        "-----Oprindelig meddelelse-----",
        "-----Opprinnelig melding-----",
        "-----Alkuperäinen viesti-----",
        "-----Wiadomość oryginalna-----",
        "-----Původní zpráva-----",
        "-----Pôvodná správa-----",
        "-----Eredeti üzenet-----",
        "-----Mesaj original-----",
        "-----Izvorna poruka-----",
        "-----Izvirno sporočilo-----",
        "-----Исходное сообщение-----",
        "-----Original Message-----\nFrom: x@example.com\nTo: y@example.com",
        "-----Αρχικό μήνυμα-----",
        "-----Orijinal Mesaj-----",
        "-----Özgün İleti-----",
        "------------------ 原始邮件 ------------------",
        "------------------ Original ------------------",
        "-----元のメッセージ-----",
        "-----원본 메시지-----",
        "-----הודעה מקורית-----",
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "Début du message transféré :",
        "-------- Weitergeleitete Nachricht --------",
        "##- Please type your reply above this line -##",
    ] {
        check(
            &format!("New words.\n\n{line}\n\nOld words.\n"),
            "New words.",
        );
        check(
            &format!("New words.\n> {line}\n>\n> Old words.\n"),
            "New words.",
        );
    }
}

#[test]
fn header_blocks_of_odd_shape_still_cut() {
    for block in [
        "      De : Anna <anna@example.fr>\n À : shop <questions@example.com>\n Envoyé le : Mercredi 30 novembre 2016 10h30\n Objet : Re: Bonjour",
        "From: Bort\nSent: April 9, 2020 2:02 PM\nTo: b@company.example\nSubject: Re: [#000] Stuff pls",
        "From: Human Resources \n<a-really-long-automated-email+1234556@hr.example.com> \nSent: Monday, August 26, 2019 4:37 PM\nTo: Anna <anna@company.example>\nSubject: A new message",
        "-------- Oprindelig besked --------\nFra: A B C <abc@abc.example>\nDato: 04.07.2024  17.45  (GMT+01:00)\nTil: abc@abc.example\nEmne: Hej",
        "-------- Message d'origine --------\nDe : A B C <abc@abc.example>\nDate : 23/06/24  10:46  (GMT+01:00)\nÀ : abc@abc.example Objet : Bonjour",
        "---\n\n**From:** checks=z@mg.example.com <checks=z@mg.example.com> on behalf of Checks <checks@example.com>\n**Sent:** Monday, July 28, 2025 15:45\n**To:** Laura <laura@example.com>\n**Subject:** Reminder",
        "* * *\n\n**From:** checks=z@mg.example.com <checks=z@mg.example.com>**On Behalf Of** Checks\n**Sent:** 28 July 2025 15:46\n**To:** HR <hr@example.com>\n**Subject:** Request",
        "Original Message processed by david®\nFW: Mails 9. August 2022, 12:44 Uhr\nVon Anna Ho\nAn John Doe",
        "----- Original Message -----\nFrom: Firstname Lastname <name@example.test>\nDate: July 28, 2026\nSubject: Example",
        "-----Original Appointment-----\nFrom: Anna\nSent: Monday, 3 May 2021 10:02\nTo: Bob\nSubject: Call\nWhen: Tuesday\nWhere: Room 4",
    ] {
        check(
            &format!("New words.\n\n{block}\n\nOld words,\nand more.\n"),
            "New words.",
        );
    }
}

#[test]
fn quotes_fold_wherever_one_block_of_them_stands() {
    for (text, new) in [
        ("Yes.\n\n> Shall we?\n", "Yes."),
        ("> Shall we?\n\nYes.\n", "Yes."),
        ("> Shall we?\nYes.\n", "Yes."),
        (
            "On 3 May 2023, Anna wrote:\n\n> Shall we?\n\nYes.\n",
            "Yes.",
        ),
        ("Anna wrote:\n> Shall we?\n\nYes.\n", "Yes."),
        (
            "Hi,\n\nOn 3 May 2023, Anna wrote:\n> Shall we?\n\nYes.\n\nBob\n",
            "Hi,\n\nYes.\n\nBob",
        ),
        ("Yes.\n\n>> Shall we?\n> Perhaps.\n", "Yes."),
        ("Yes.\n\n  > Shall we?\n", "Yes."),
        ("Yes.\n\nAnna wrote:\n\n>\n> Shall we?\n>\n", "Yes."),
        (
            "Yes.\n\n>Test\n>On 04/19/2011 07:10 AM, R wrote:\n>\n>>\n>> Test.\n",
            "Yes.",
        ),
    ] {
        check(text, new);
    }
}

#[test]
fn answers_between_quotes_stay_in_place() {
    for text in [
        "> One?\nYes.\n> Two?\nNo.",
        "> One?\n\nYes.\n\n> Two?\n\nNo.",
        "On 3 May 2023, Anna wrote:\n> One?\n\nYes.\n\n> Two?\n\nNo.\n\nBob",
        "Hi Anna,\n\n> One?\n\nYes.\n\n>> Zero?\n> Two?\n\nNo.",
    ] {
        check(text, text);
        check(&format!("{text}\n\n> Three?\n> Four?\n"), text);
    }
}

#[test]
fn broken_quote_lines_are_no_answers() {
    let text = "Blah\n\nOn Monday, 24 September, 2012 at 3:46 PM, bob wrote:\n\n> [Ticket #50] test from bob\n>\n> View ticket (http://example.com/action\n_nonce=3dd518)\n>\n";
    check(text, "Blah");
    let text = "Fine.\n\nOn 3 May 2023, Anna wrote:\n> this is a quite long line that some mail program broke in the\nmiddle\n> and went on with here.\n";
    check(text, "Fine.");
}

#[test]
fn signatures_fold_and_are_named() {
    for (text, new, signature) in [
        (
            "Hi.\n\n-- \nAnna\nExample Ltd.",
            "Hi.",
            "-- \nAnna\nExample Ltd.",
        ),
        ("Hi.\n--\nAnna", "Hi.", "--\nAnna"),
        ("Hi.\n\nSent from my iPhone", "Hi.", "Sent from my iPhone"),
        (
            "Hi.\n\n-- \nAnna\n\nOn 3 May 2023, Bob wrote:\n> old",
            "Hi.",
            "-- \nAnna",
        ),
        (
            "Hi.\n\nSent from my iPhone\n\n> On 3 May 2023, at 9:14, Bob <b@example.com> wrote:\n> \n> old",
            "Hi.",
            "Sent from my iPhone",
        ),
        ("> old\n\nHi.\n-- \nAnna", "Hi.", "-- \nAnna"),
        (
            "Hi.\n\nGet Outlook for iOS<https://aka.ms/o0ukef>",
            "Hi.",
            "Get Outlook for iOS<https://aka.ms/o0ukef>",
        ),
        (
            "Hi.\n\nSent from my Samsung Galaxy smartphone.\n\n-------- Original message --------\nFrom: b@example.com\nDate: 03/05/2023 09:14 (GMT+01:00)\nTo: a@example.com\nSubject: x\n\nold",
            "Hi.",
            "Sent from my Samsung Galaxy smartphone.",
        ),
    ] {
        let parted = part_text(text);
        assert_eq!(parted.reply_text, new, "{text}");
        let found: Vec<_> = parted.signature.iter().flat_map(|s| s.lines()).collect();
        let wanted: Vec<_> = signature.lines().map(str::trim_end).collect();
        assert_eq!(found, wanted, "{text}");
        for line in wanted {
            assert!(parted.quoted_text.contains(line), "{text}");
        }
    }
}

#[test]
fn phones_sign_in_their_own_language() {
    let lines = include_str!("../../../tests/mail/quotes/device-signatures.txt").lines();
    let missed: Vec<&str> = lines
        .filter(|line| {
            let parted = part_text(&format!("New words.\n\n{line}\n"));
            parted.reply_text != "New words." || parted.signature.as_deref() != Some(line)
        })
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn what_only_resembles_a_signature_stays() {
    for text in [
        "Here is another email\n\nSent from my desk, is much easier than my mobile phone.",
        "I cannot get Outlook to work on my machine.",
        "The parcel was sent from Samsung to you, I think.",
        "Best regards,\nAnna",
        "Options:\n- one\n- two",
        "The notification was sent from my iPhone app to all users.",
        "🎉\n\n—\nJohn Doe\nCEO at Pandaland",
        "Because of:\n-- first point needs to be checked\n-- second point too\n\nThanks!",
        "## Key Points\n----\n\n1. Better\n\n----\n\nThe dashes above are mine.\n\n====\n\nThese too.",
        "Sent from my iPhone it looks fine. What about Android?\nAnd more.",
    ] {
        check(text, text);
        assert_eq!(part_text(text).signature, None, "{text}");
    }
}

#[test]
fn in_doubt_everything_is_shown() {
    for text in [
        "Blah-blah-blah\nOn blah-blah-blah",
        "From: Rome\nTo: Milan\nDate: 3 May\n\nThat is my trip.",
        "Visit us now for assistance...\n>>> >>>  http://www.example.com <<<\nVisit our site by clicking the link above",
        "First part.\n\n________________________________________________\n\nSecond part.",
        "if (a\n\t\t\t> b) {\n}",
        "Name: Anna\nSubject: Help\nMessage: it broke",
        "To: do\nDate: tomorrow",
        "Anna wrote:\nnothing of note.",
        "Prices:\n-----------------\nA  10\nB  20",
        "> only quotes\n> and nothing else",
        "-----Original Message-----\nFrom: a@example.com\nTo: b@example.com\n\nall of it",
        "On 3 May 2023, Anna wrote:\n\nall of it",
        "The word original message alone\nis no separator.",
        "",
        "\n\n",
    ] {
        check(text, text.trim_matches('\n'));
    }
}

#[test]
fn a_list_footer_is_no_new_text() {
    check(
        "Answer.\n\n_______________________________________________\nusers mailing list\nusers@lists.example.com\nhttps://lists.example.com/users",
        "Answer.",
    );
}
