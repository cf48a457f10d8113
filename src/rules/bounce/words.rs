//! What mail systems say, in lower case and with single spaces. Facts of their formats, gathered
//! from their sources and from reports seen; other languages where systems speak them.

use super::reason::Reason;

/// Why, by what is said. The order matters: "mailbox full" is said of many a "mailbox unavailable",
/// and a block list is cited beside "user".
#[rustfmt::skip]
pub(super) const REASONS: &[(Reason, &[&str])] = &[
    (Reason::MailboxFull, &[
        "mailbox full", "mailbox is full", "mailbox for user is full", "mailfolder is full",
        "mail box full", "quota", "over its storage", "out of storage", "storage space",
        "exceeded storage", "exceeds storage", "storage full", "inbox is full", "inbox full",
        "is full", "too much mail data", "not enough space", "mailbox size limit",
        "exceeded the storage limit", "disk full", "maildir over", "account is full",
        "casella piena", "casella di posta piena", "spazio esaurito", "boîte aux lettres pleine",
        "boite aux lettres pleine", "boîte pleine", "postfach ist voll", "postfach voll",
        "speicherplatz", "kontingent", "buzón lleno", "buzón está lleno",
        "bandeja de entrada está llena", "caixa de correio está cheia", "caixa postal cheia",
        "skrzynka", "ящик переполнен", "переполнен", "mailbox vol", "容量", "いっぱい", "一杯", "已满", "已滿",
    ]),
    (Reason::TooBig, &[
        "message too large", "message too big", "message size exceeds",
        "exceeds maximum message size", "exceeds the maximum size", "size limit",
        "maximum message size", "message is too large", "message file too big",
        "message length exceeds", "larger than the current system limit",
        "exceeded maximum inbound message size", "nachricht ist zu gro", "messaggio troppo grande",
        "message trop volumineux",
    ]),
    (Reason::NoMail, &[
        "null mx", "nullmx", "does not accept mail", "domain does not accept",
        "recipient address has null mx", "no smtp service",
    ]),
    (Reason::Loop, &[
        "mail loop", "loops back to myself", "too many hops", "hop count exceeded",
        "message looping", "loop detected", "routing loop", "too many \"received\"",
        "mail forwarding loop", "possible mail loop",
    ]),
    (Reason::Greylisted, &[
        "greylist", "graylist", "grey listed", "gray listed", "postgrey", "greylisting",
    ]),
    (Reason::Unproven, &[
        "spf check failed", "spf fail", "dmarc", "dkim", "does not pass authentication",
        "unauthenticated email", "unauthenticated mail", "failed sender verification",
        "sender verify failed", "reverse dns", "ptr record",
    ]),
    (Reason::Spam, &[
        "spam", "junk mail", "unsolicited", "bulk mail", "virus", "malware", "phish", "suspicious",
    ]),
    (Reason::TooMany, &[
        "rate limit", "too many connections", "too many messages", "too many recipients", "throttl",
        "receiving mail at a rate", "daily limit", "sending limit", "limit exceeded",
        "too frequent",
    ]),
    (Reason::Disabled, &[
        "account disabled", "account has been disabled", "account is disabled",
        "account that you tried to reach is disabled", "mailbox disabled", "mailbox is disabled",
        "inactive", "suspended", "account closed", "mailbox temporarily disabled", "user disabled",
        "has been deactivated", "account expired", "mailbox is frozen", "account is locked",
        "blocked account", "not active", "no longer active", "discontinued", "account deactivated",
        "delivery to this user is disabled",
    ]),
    (Reason::Moved, &[
        "has moved", "user has moved", "new address", "no longer in use", "address has changed",
        "relocated",
    ]),
    (Reason::NoSuchUser, &[
        "user unknown", "unknown user", "no such user", "no such mailbox", "no such recipient",
        "no such address", "no mailbox", "mailbox not found", "mailbox unavailable",
        "mailbox does not exist", "user not found", "user doesn't have a", "user doesn't exist", "user does not exist",
        "users does not exist", "unknown recipient", "recipient unknown", "recipient not found",
        "recipient not exist", "recipientnotfound", "unknown mailbox", "unknown address",
        "unknown local", "address unknown", "address not found", "address does not exist",
        "address couldn't be found", "address could not be found", "wasn't found", "was not found",
        "invalid recipient", "invalid mailbox", "invalid user", "invalid address",
        "account does not exist", "account doesn't exist", "no account", "not a valid user",
        "not a known user", "unknown or illegal", "is not recognized", "not our customer",
        "no valid recipient", "recipient rejected", "recipient address rejected", "does not exist",
        "doesn't exist", "unknown account", "not listed in", "bad destination mailbox",
        "couldn't find any", "could not find", "no longer available", "no longer valid",
        "undeliverable address", "unrouteable address", "unroutable address", "isn't in my list",
        "user not known", "user_unknown", "not known at this site", "non-existent", "nonexistent",
        "not known here", "unbekannter", "nicht gefunden", "unbekannt", "existiert nicht",
        "utente sconosciuto", "destinatario sconosciuto", "indirizzo inesistente", "non esiste",
        "non è stato trovato", "sconosciuto", "utilisateur inconnu", "destinataire inconnu",
        "adresse inconnue", "n'existe pas", "introuvable", "usuario desconocido", "no existe",
        "desconocido", "não existe", "desconhecido", "nie istnieje", "nieznany", "не существует",
        "не найден", "неизвестн", "onbekend", "bestaat niet", "findes ikke", "finns inte", "okänd",
        "ei löydy", "neexistuje", "kullanıcı bulunamadı", "存在しない", "見つかりません", "リストにありません", "不存在", "존재하지",
        "invalid final delivery userid",
    ]),
    (Reason::NoSuchHost, &[
        "host unknown", "unknown host", "host not found", "domain not found", "no such domain",
        "no such host", "domain does not exist", "name or service not known", "nxdomain",
        "name server", "unable to resolve", "unresolvable", "could not be resolved", "no mx record",
        "no mail exchanger", "all relevant mx records", "all host address lookups failed",
        "couldn't find any host", "domain name not found", "bad destination system", "dns error",
        "dns server returned answer with no data",
    ]),
    (Reason::BadAddress, &[
        "malformed address", "bad address syntax", "syntax error in address", "invalid syntax",
        "illegal address", "invalid format", "domain missing",
        "bad destination mailbox address syntax", "not rfc",
    ]),
    (Reason::Blocked, &[
        "blocked", "blacklist", "block list", "blocklist", "denylist", "black list",
        "access denied", "not allowed", "not permitted", "not authorized", "not accepted", "policy",
        "relaying denied", "relay not permitted", "relay access denied", "unable to relay",
        "rejected", "refused by", "prohibited", "forbidden", "banned", "reputation",
        "authentication required", "permission denied", "abuse", "rbl", "spamhaus",
        "does not want to receive", "not accepting mail", "not accept mail from", "restricted", "not allowing", "refusé", "abgelehnt",
        "abgewiesen", "rifiutato", "rechazado", "rejeitad",
    ]),
    (Reason::SystemFull, &[
        "insufficient system storage", "insufficient disk", "no space left", "system storage",
        "insufficient system resources", "out of memory",
    ]),
    (Reason::Expired, &[
        "retry timeout exceeded", "message expired", "delivery time expired", "has expired",
        "queue too long", "too long in the queue", "could not be delivered for",
        "was undeliverable after", "retry time not reached", "gave up",
        "unable to deliver this message after", "cannot send message within",
        "delivery failed 20 attempts", "not been delivered for", "failing for a long time",
        "too many delivery attempts", "too old", "maximum time",
    ]),
    (Reason::Unreachable, &[
        "connection timed out", "connection refused", "timed out", "timeout", "no route to host",
        "network is unreachable", "network unreachable", "host unreachable", "could not connect",
        "unable to connect", "couldn't connect", "establish an smtp connection", "connection reset",
        "connection dropped", "lost connection", "connection failure", "not responding",
        "no response", "connection was dropped", "mailer unavailable", "temporarily unavailable",
        "server unavailable", "tls",
    ]),
    (Reason::Content, &[
        "content rejected", "attachment", "message content", "bad header", "bare lf", "8bitmime",
        "non-ascii", "smtputf8", "conversion",
    ]),
    (Reason::SystemFault, &[
        "internal error", "local error", "system error", "configuration error",
        "mail system is not", "service unavailable", "temporary failure", "temporary error",
        "try again later", "temporary problem", "temporarily deferred", "unable to open", "pipe to",
        "transaction failed", "data format error", "local delivery failed",
    ]),
];

/// Local parts of mail systems.
#[rustfmt::skip]
pub(super) const DAEMONS: &[&str] = &[
    "mailer-daemon", "postmaster", "mailerdaemon", "mail-daemon", "mailer_daemon", "maildaemon",
    "mdaemon", "mailserver", "mail.system", "post_master",
];

/// Parts of their display names.
#[rustfmt::skip]
pub(super) const DAEMON_NAMES: &[&str] = &[
    "mail delivery", "mailer-daemon", "mailer daemon", "postmaster", "system administrator",
    "mail administrator", "delivery subsystem", "internet mail delivery", "microsoft exchange",
];

/// Parts of the subjects of reports.
#[rustfmt::skip]
pub(super) const SUBJECTS: &[&str] = &[
    "failed mail", "non-delivery", "non delivery", "processing error", "delivery warning",
    "undeliver", "delivery status", "delivery failure", "delivery failed", "delivery has failed",
    "failure delivery", "failure notice", "delivery notification", "returned mail",
    "returned to sender", "returning message", "mail failure", "mail delivery", "message delivery",
    "could not deliver", "could not be delivered", "couldn't be delivered", "non delivered",
    "nondeliverable", "not delivered", "delivery error", "delivery problem", "delivery delay",
    "delayed", "mail system error", "message status", "unzustellbar", "zustellung",
    "non recapitabile", "mancato recapito", "mancata consegna", "notifica sullo stato del recapito",
    "échec de", "non remis", "non distribu", "no se puede entregar", "no entregado", "devuelto",
    "não entregue", "falha na entrega", "onbestelbaar", "niet bezorgd", "niedostarczo",
    "nie dostarczono", "не доставлен", "недоставлен", "nedoručitelná", "kan inte levereras",
    "kunne ikke leveres", "配信不能", "配信できません", "エラー通知", "无法投递", "未送达", "退信", "전송 실패", "teslim edilemedi",
    "não é possível entregar", "não foi possível entregar", "kan ikke leveres", "kan niet worden bezorgd", "niet-bestelbaar", "ei voi toimittaa", "toimitus epäonnistui",
    "toimittaminen epäonnistui", "niedostarczaln", "niemożliw", "nedoručiteľn", "nedoručiteln", "nedoručen", "kézbesíthetetlen", "imposibil de livrat",
    "nelivrat", "не удалось доставить", "не удается доставить", "недоставляем", "не вдалося доставити", "недоставимо", "не може да бъде доставено",
    "δεν είναι δυνατή η παράδοση", "αποτυχία παράδοσης", "teslim edilemiyor", "无法送达", "無法傳遞", "無法投遞", "传递失败", "배달되지 않음", "배달할 수 없음",
    "配信エラー", "不达", "לא ניתן למסירה", "غير قابل للتسليم", "تعذر التسليم", "isporuka nije uspjela", "nije moguće isporučiti", "ni mogoče dostaviti", "nepristatyt",
    "không thể gửi", "tidak dapat dikirim", "ไม่สามารถส่ง", "no s'ha pogut lliurar",
];

/// What announces the failed address.
#[rustfmt::skip]
pub(super) const ANNOUNCES: &[&str] = &[
    "intended recipient", "your message was addressed", "non-delivery report", "has been postponed",
    "following address", "following recipient", "following user", "following destination",
    "could not be delivered", "couldn't be delivered", "can not be delivered",
    "cannot be delivered", "could not deliver", "couldn't deliver", "unable to deliver",
    "not able to deliver", "wasn't able to deliver", "did not reach", "didn't reach",
    "was not delivered", "wasn't delivered", "has not been delivered", "not delivered to",
    "delivery to", "failed recipient", "failed address", "had permanent fatal errors",
    "had transient", "had errors", "problem delivering", "delivery failed", "delivery has failed",
    "delivery failure", "could not be reached", "undeliverable", "undelivered", "returned mail",
    "returned to sender", "invalid final delivery", "error occurred while", "delivery error",
    "delivery problem", "mailbox is full", "user unknown", "deliver program",
    "automatically rejected", "was rejected", "failed to deliver", "is not deliverable",
    "no such user", "invalid user address", "送信できません", "送信に失敗", "email server at", "not yet been delivered", "has been delayed",
    "being delayed", "nicht zugestellt", "konnte nicht", "empfänger", "non è stato possibile",
    "non è stato recapitato", "impossibile recapitare", "non ha raggiunto", "destinatari",
    "n'a pas pu", "n'a pas été", "n'a pas ete", "impossible de remettre", "destinataire", "no se pudo entregar",
    "no se ha podido", "no ha sido posible", "destinatário", "não pôde ser", "não foi possível",
    "niet worden bezorgd", "kon niet", "nie można dostarczyć", "nie została",
    "не удалось доставить", "не может быть доставлено", "не было доставлено", "получател",
    "nem sikerült kézbesíteni", "nem kézbesíthető", "nelze doručit", "nepodařilo doručit", "nepodarilo doručiť", "nu a putut fi livrat", "δεν ήταν δυνατή η παράδοση",
    "δεν παραδόθηκε", "teslim edilemedi", "ei voitu toimittaa", "не вдалося доставити", "לא ניתן היה למסור", "تعذر تسليم", "無法傳遞", "배달할 수 없습니다", "배달하지 못했습니다",
    "nije moguće isporučiti", "ni bilo mogoče dostaviti", "не можа да бъде доставено",
    "kunde inte", "kunne ikke", "配信できません", "届け", "无法", "无法投递", "전송",
];

/// What says that delivery is still being attempted.
#[rustfmt::skip]
pub(super) const STILL_TRYING: &[&str] = &[
    "has been delayed", "is delayed", "been delayed", "will continue to be",
    "attempts will continue", "will keep trying", "will continue trying", "will continue to try", "still trying",
    "still being attempted", "not yet been delivered", "warning message only",
    "this is a warning only", "this is only a warning", "no action is required on your part",
    "do not need to resend", "don't need to resend", "will be retried", "will retry",
    "delivery is being delayed", "warning: message still undelivered",
    "warning: could not send message for past", "has not yet been", "non è ancora stato recapitato",
    "wird weiterhin", "verzögert", "sera retenté", "retardé", "se seguirá intentando",
];

/// How a report's first sentence begins that greets nobody.
#[rustfmt::skip]
pub(super) const YOUR_MESSAGE: &[&str] = &[
    "your message", "your mail", "your email", "your e-mail", "the message", "the following message",
    "votre message", "ihre nachricht", "ihre e-mail", "il messaggio", "il tuo messaggio",
    "il suo messaggio", "su mensaje", "tu mensaje", "sua mensagem", "a sua mensagem", "uw bericht",
    "twoja wiadomość", "ваше письмо", "ваше сообщение",
];

/// What stands beside the failed address on its line.
#[rustfmt::skip]
pub(super) const LABELS: &[&str] = &[
    "final-recipient", "original-recipient", "x-actual-recipient", "failed recipient",
    "intended recipient", "recipient:", "recipient :", "undeliverable address", "error-for",
    "rcpt to", "addressed to", "invalid final delivery userid", "delivery failed", "unknown user",
    "user unknown", "unknown local user", "mailbox is full", "deliver mail to", "your message to",
    "message to", "not delivered to", "delivered to",
];

/// What stands beside an address that is not the failed one.
#[rustfmt::skip]
pub(super) const OTHERS: &[&str] = &[
    "sent by", "sender", "from:", "return-path", "message-id", "reply-to", "expanded from",
    "contact", "http", "help", "assistance", "please", "received:",
    "mailto:", "in reply to",
];

/// What the line above the returned mail says.
#[rustfmt::skip]
pub(super) const SEPARATORS: &[&str] = &[
    "original message", "copy of the message", "copy of your message", "copy of the original",
    "message header", "returned mail follows", "returned message", "unsent message",
    "message follows", "forwarded message", "message text follows", "original headers",
    "returned mail ---", "below this line", "the header", "included is a copy",
    "your message reads", "here is your returned mail", "old message:", "body of the message",
    "enclosed is a copy",
];

/// Header names that pile up where a mail is quoted.
#[rustfmt::skip]
pub(super) const HEADERS: &[&str] = &[
    "received", "return-path", "message-id", "date", "from", "to", "subject", "mime-version",
    "content-type", "dkim-signature", "delivered-to", "x-mailer", "reply-to", "cc", "references",
    "in-reply-to", "sender",
];
