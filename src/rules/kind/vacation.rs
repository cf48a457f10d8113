//! Subjects of vacation notes, as mail systems write them in their languages.

/// Whether a subject begins as automatic answers do. "Re:" before it is a person answering one.
pub(super) fn subject(subject: &str) -> bool {
    let subject = subject
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    let subject = subject.trim_start_matches(['[', '(', '*', '"', '\'', '«', '„', '<', '【']);
    let subject = subject.strip_prefix("auto: ").unwrap_or(subject);
    BEGINNINGS.iter().any(|known| subject.starts_with(known))
        || ANYWHERE.iter().any(|known| subject.contains(known))
}

/// Whether the text itself says that a machine wrote it. Quoted lines say it of another mail.
pub(super) fn says_so(text: &str) -> bool {
    let own = text
        .lines()
        .take(40)
        .filter(|line| !line.trim_start().starts_with('>'));
    let text = own
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    SAYS_SO.iter().any(|known| text.contains(known))
}

/// Sentences of machines about themselves, in lower case.
#[rustfmt::skip]
const SAYS_SO: &[&str] = &[
    "this is an automated response", "this is an automatic response", "this is an automated reply", "this is an automatic reply", "this is an auto-reply",
    "this is an automated message", "only notification you will receive while", "automatically generated response", "automatically generated reply",
    "questa è una risposta automatica", "questo è un messaggio automatico", "dies ist eine automatische antwort", "dies ist eine automatisch", "diese nachricht wurde automatisch",
    "ceci est une réponse automatique", "ceci est un message automatique", "esta es una respuesta automática", "este es un mensaje automático", "esta é uma resposta automática",
    "dit is een automatisch", "to jest automatyczna", "wiadomość wygenerowana automatycznie", "это автоматический ответ", "это автоматическое", "detta är ett automatiskt",
    "dette er et automatisk", "tämä on automaattinen", "toto je automatická", "bu otomatik", "これは自動", "自動返信メール", "이 메일은 자동", "自动回复",
];

/// What such subjects begin with, in lower case.
#[rustfmt::skip]
const BEGINNINGS: &[&str] = &[
    // English
    "automatic reply", "auto reply", "auto-reply", "autoreply", "auto response", "auto-response", "autoresponse",
    "automatic response", "automated reply", "automated response", "autosvar", "out of office", "out of the office",
    "out-of-office", "ooo:", "ooo ", "on vacation", "vacation reply", "vacation:", "vacation message", "i am out of",
    "i'm out of", "annual leave", "maternity leave", "parental leave", "away:", "currently away",
    // Italian
    "risposta automatica", "fuori sede", "fuori ufficio", "assenza", "assente", "in ferie", "messaggio automatico", "sono in ferie",
    "risponditore automatico", "chiusura estiva", "chiusura aziendale",
    // German
    "automatische antwort", "abwesenheit", "abwesend", "automatische rückantwort", "automatische abwesenheit", "außer haus",
    "ausser haus", "nicht im büro", "im urlaub", "urlaub:", "ich bin im urlaub", "automatische empfangsbestätigung", "eingangsbestätigung",
    // French
    "réponse automatique", "reponse automatique", "absence", "absent", "absente", "en congé", "hors du bureau", "message d'absence",
    "absence du bureau", "message automatique", "accusé de réception automatique",
    // Spanish, Catalan, Portuguese
    "respuesta automática", "respuesta automatica", "fuera de la oficina", "fuera de oficina", "ausente", "ausencia", "de vacaciones",
    "resposta automàtica", "resposta automática", "resposta automatica", "fora do escritório", "fora do escritorio", "ausência", "ausencia",
    "em férias", "de férias", "mensagem automática",
    // Dutch
    "automatisch antwoord", "automatische antwoord", "afwezig", "niet aanwezig", "buiten kantoor", "automatische beantwoording",
    // Danish, Norwegian, Swedish, Finnish
    "automatisk svar", "automatiskt svar", "fraværende", "fravær", "ikke til stede", "frånvarande", "frånvaro", "ej på kontoret",
    "automaattinen vastaus", "poissa", "poissaolo", "en ole paikalla", "ikke på kontoret",
    // Polish, Czech, Slovak, Hungarian
    "automatyczna odpowiedź", "autoodpowiedź", "odpowiedź automatyczna", "nieobecność", "poza biurem", "automatická odpověď", "automatická odpoveď",
    "mimo kancelář", "mimo kanceláriu", "nepřítomnost", "neprítomnosť", "automatikus válasz", "házon kívül", "nem vagyok az irodában",
    // Russian, Ukrainian, Bulgarian, Serbian
    "автоматический ответ", "автоответ", "автоматична відповідь", "автовідповідь", "отсутствую", "вне офиса", "нет на рабочем месте", "отпуск",
    "автоматичен отговор", "извън офиса", "аутоматски одговор",
    // Romanian, Croatian, Slovenian, Greek, Turkish
    "răspuns automat", "raspuns automat", "automatski odgovor", "odsutan", "odsutnost", "samodejni odgovor", "samodejen odgovor", "odsoten",
    "αυτόματη απάντηση", "εκτός γραφείου", "otomatik yanıt", "otomatik cevap", "ofis dışında", "ofis dışı",
    // Lithuanian, Latvian, Estonian
    "automatinis atsakymas", "automātiska atbilde", "automātiskā atbilde", "automaatvastus", "kontorist väljas",
    // Arabic, Hebrew, Hindi
    "رد تلقائي", "رد آلي", "خارج المكتب", "תשובה אוטומטית", "מענה אוטומטי", "לא במשרד", "स्वचालित उत्तर", "स्वतः उत्तर",
    // Chinese, Japanese, Korean, Thai, Vietnamese, Indonesian
    "自动回复", "自动答复", "自動回覆", "jawapan automatik", "аутоматски одговор", "automatski odgovor", "sjálfvirkt svar", "erantzun automatikoa", "自動回复", "自動答覆", "外出", "不在办公室", "自動返信", "自動応答", "不在通知", "外出中", "休暇", "자동 회신", "자동회신", "자동 응답",
    "부재 중", "부재중", "การตอบกลับอัตโนมัติ", "ตอบกลับอัตโนมัติ", "trả lời tự động", "thư trả lời tự động", "balasan otomatis", "di luar kantor",
];

/// What only a machine writes, wherever it stands.
#[rustfmt::skip]
const ANYWHERE: &[&str] = &[
    "(automatic reply)", "(auto reply)", "(autoreply)", "out of office autoreply", "[auto-reply]", "[autoreply]", "[auto reply]", "autoreply:", "is out of the office",
    "auto-antwort", "[risposta automatica]", "(risposta automatica)", "【自動返信】", "[automatische antwort]",
];
