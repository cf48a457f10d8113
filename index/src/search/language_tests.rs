//! What people type and the mail they mean, in sixteen languages, a line per case; and what must
//! not be found by it.

use std::sync::Arc;

use super::{Doc, Fact, Facts, Query, create};

struct AsIndexed;

impl Facts for AsIndexed {
    fn conversation(&self, _: u64, indexed: u64) -> Option<u64> {
        Some(indexed)
    }
    fn holds(&self, _: u64, _: &Fact) -> bool {
        true
    }
}

/// Language, question, mail.
const FOUND: &[(&str, &str, &str)] = &[
    (
        "en",
        "invoices",
        "Please find the invoice for your last order attached to this message.",
    ),
    (
        "en",
        "shipping",
        "The parcel was shipped yesterday and should arrive on Friday.",
    ),
    (
        "en",
        "refunded",
        "I would like a refund for the broken chair, please.",
    ),
    (
        "en",
        "dont",
        "Please dont send me any more newsletters, I have asked you twice.",
    ),
    (
        "en",
        "cancelling",
        "We want to cancel the subscription before it is renewed next month.",
    ),
    (
        "en",
        "customer's",
        "The customer has complained about the delay again.",
    ),
    (
        "en",
        "naive",
        "This was a naïve question, but thank you for the patient answer.",
    ),
    (
        "it",
        "perche",
        "Non capisco perché il pacco non sia ancora arrivato a casa mia.",
    ),
    (
        "it",
        "spedizioni",
        "La spedizione del suo ordine è stata affidata al corriere questa mattina.",
    ),
    (
        "it",
        "ordini",
        "Vorrei sapere a che punto è il mio ordine, grazie mille per l'aiuto.",
    ),
    (
        "it",
        "l'ordine",
        "Ho fatto un ordine la settimana scorsa e non ho ricevuto nessuna conferma.",
    ),
    (
        "it",
        "dell’abbonamento",
        "Vi scrivo per disdire l'abbonamento che scade alla fine del mese.",
    ),
    (
        "it",
        "fatture",
        "In allegato trova la fattura relativa all'acquisto del mese scorso.",
    ),
    (
        "it",
        "rimborsare",
        "Chiedo il rimborso completo, perché la lampada è arrivata rotta.",
    ),
    (
        "it",
        "citta",
        "Abito in una piccola città vicino a Bologna e il corriere non mi trova.",
    ),
    (
        "de",
        "rechnungen",
        "Die Rechnung für Ihre Bestellung finden Sie im Anhang dieser Nachricht.",
    ),
    (
        "de",
        "strasse",
        "Meine neue Adresse lautet Lange Straße 12, bitte ändern Sie das.",
    ),
    (
        "de",
        "Mueller",
        "Mit freundlichen Grüßen, Ihr Herr Müller aus der Buchhaltung.",
    ),
    (
        "de",
        "Müller",
        "Herr Mueller hat gestern angerufen und nach dem Stand gefragt.",
    ),
    (
        "de",
        "bestellungen",
        "Wann wird meine Bestellung endlich geliefert, ich warte schon lange.",
    ),
    (
        "de",
        "kündigen",
        "Hiermit kündige ich meinen Vertrag zum nächstmöglichen Termin.",
    ),
    (
        "de",
        "grosse",
        "Die Größe stimmt leider nicht, ich brauche die große Ausführung.",
    ),
    (
        "fr",
        "commandes",
        "Bonjour, je voudrais savoir où en est ma commande passée lundi dernier.",
    ),
    (
        "fr",
        "l'abonnement",
        "Je souhaite résilier mon abonnement avant la fin de cette année.",
    ),
    (
        "fr",
        "recu",
        "Je n'ai toujours pas reçu le colis que vous deviez envoyer la semaine dernière.",
    ),
    (
        "fr",
        "remboursée",
        "Pouvez-vous rembourser cette facture, puisque le produit est cassé ?",
    ),
    (
        "fr",
        "oeuvre",
        "Cette œuvre est arrivée avec un cadre abîmé, que faut-il faire maintenant ?",
    ),
    (
        "fr",
        "garçon",
        "Le GARCON qui a livré le paquet était très aimable, merci à lui.",
    ),
    (
        "es",
        "facturas",
        "Adjunto le envío la factura de la compra que hizo la semana pasada.",
    ),
    (
        "es",
        "envio",
        "El envío todavía no ha llegado y necesito una respuesta cuanto antes.",
    ),
    (
        "es",
        "pedidos",
        "Quisiera saber cuándo llegará mi pedido, gracias por su ayuda.",
    ),
    (
        "es",
        "devoluciones",
        "Quiero hacer una devolución porque la talla no es la correcta.",
    ),
    (
        "es",
        "manana",
        "Mañana por la mañana estaré en casa para recibir el paquete.",
    ),
    (
        "pt",
        "encomendas",
        "Gostaria de saber onde está a minha encomenda, que ainda não chegou.",
    ),
    (
        "pt",
        "devolucao",
        "Como posso fazer a devolução do produto que comprei na sua loja?",
    ),
    (
        "pt",
        "informações",
        "Preciso de mais informacoes sobre a garantia deste aparelho.",
    ),
    (
        "pt",
        "pagamentos",
        "O pagamento foi feito ontem, mas a conta continua a aparecer em aberto.",
    ),
    (
        "nl",
        "bestellingen",
        "Wanneer wordt mijn bestelling geleverd, ik wacht al meer dan een week.",
    ),
    (
        "nl",
        "facturen",
        "Kunt u mij de facturen van het afgelopen jaar opnieuw toesturen alstublieft?",
    ),
    (
        "nl",
        "geleverde",
        "Het pakket is gisteren geleverd maar de doos was helemaal kapot.",
    ),
    (
        "nl",
        "reünie",
        "Wij organiseren een reunie en willen graag tien tafels huren.",
    ),
    (
        "sv",
        "beställningar",
        "Jag undrar var min beställning är, den skulle ha kommit i måndags.",
    ),
    (
        "sv",
        "fakturor",
        "Kan ni skicka fakturorna till min nya adress i stället, tack så mycket?",
    ),
    (
        "sv",
        "aterbetalning",
        "Jag vill ha en återbetalning eftersom varan var trasig när den kom.",
    ),
    (
        "da",
        "smorrebrod",
        "Vi vil gerne bestille smørrebrød til tyve personer på fredag.",
    ),
    (
        "da",
        "Østergaard",
        "Venlig hilsen Oestergaard, indkøbsafdelingen i København.",
    ),
    (
        "pl",
        "lodz",
        "Proszę o wysłanie paczki na nowy adres w mieście Łódź, dziękuję.",
    ),
    (
        "pl",
        "zamówienie",
        "Kiedy dostane moje zamowienie, czekam juz dwa tygodnie?",
    ),
    (
        "cs",
        "prilis",
        "Dodání trvalo příliš dlouho a krabice byla poškozená.",
    ),
    (
        "tr",
        "siparis",
        "Siparişim hâlâ gelmedi, ne zaman teslim edileceğini öğrenebilir miyim?",
    ),
    (
        "tr",
        "ISTANBUL",
        "Yeni adresim İstanbul, lütfen kargoyu oraya gönderin, teşekkürler.",
    ),
    (
        "tr",
        "faturalar",
        "Geçen ayın faturaları elime ulaşmadı, tekrar gönderebilir misiniz?",
    ),
    (
        "ru",
        "заказы",
        "Здравствуйте, мой заказ до сих пор не пришел, подскажите, где он?",
    ),
    (
        "ru",
        "елка",
        "Ваша ёлка приехала сломанной, хочу вернуть деньги за покупку.",
    ),
    (
        "ru",
        "счета",
        "Пришлите, пожалуйста, счет за прошлый месяц на мой новый адрес.",
    ),
    (
        "ru",
        "доставкой",
        "Когда будет доставка моего товара, жду уже вторую неделю?",
    ),
    (
        "el",
        "παραγγελια",
        "Η παραγγελία μου δεν έχει έρθει ακόμα, τι συμβαίνει;",
    ),
    ("el", "ΛΟΓΟΣ", "Για ποιο λόγο και για ποιος λόγος η χρέωση;"),
    ("he", "שלום", "שָׁלוֹם, מתי תגיע ההזמנה שלי בבקשה?"),
    (
        "ar",
        "طلبية",
        "متى ستصل الطلبية التي دفعت ثمنها، لم تصلني طلبيه حتى الآن",
    ),
    (
        "ar",
        "احمد",
        "مع تحيات أحمد، في انتظار ردكم الكريم على رسالتي",
    ),
    (
        "ar",
        "فاتورة",
        "الرجاء إرسال فَاتُورَة الشهر الماضي إلى عنواني الجديد",
    ),
    ("hi", "बिल", "कृपया मुझे पिछले महीने का बिल फिर से भेजें, धन्यवाद।"),
    ("ja", "注文", "先週の注文番号を教えていただけますか。"),
    ("ja", "返品", "届いた商品が壊れていたので返品したいです。"),
    ("ja", "りんご", "青森のリンゴを一箱お願いします。"),
    ("ja", "ガス", "新居のｶﾞｽコンロについて質問があります。"),
    (
        "ja",
        "東京都",
        "配送先は東京都港区です。よろしくお願いします。",
    ),
    ("ja", "水", "天然水を二箱注文しました。"),
    ("zh", "退款", "您好，我想申请退款，因为收到的商品已经损坏。"),
    ("zh", "订单", "请问我的订单什么时候可以发货？谢谢。"),
    ("zh", "北京", "收货地址改为北京市朝阳区，请尽快修改。"),
    ("zh", "发票", "麻烦把上个月的发票发到我的邮箱。"),
    (
        "ko",
        "배송",
        "주문한 상품의 배송이 아직 시작되지 않았습니다.",
    ),
    (
        "ko",
        "환불",
        "제품이 파손되어 환불을 요청합니다. 빠른 답변 부탁드립니다.",
    ),
    ("ko", "주소", "배송지 주소를 변경하고 싶습니다."),
    ("th", "สินค้า", "ฉันยังไม่ได้รับสินค้าที่สั่งซื้อเมื่อสัปดาห์ที่แล้ว"),
    ("th", "คืนเงิน", "ต้องการขอคืนเงินเพราะของที่ได้รับเสียหาย"),
    (
        "vi",
        "don hang",
        "Tôi muốn biết đơn hàng của tôi khi nào sẽ được giao.",
    ),
    (
        "vi",
        "Nguyễn",
        "Nguoi nhan la Nguyen Van An, xin cam on quy khach.",
    ),
    (
        "xx",
        "INV-2024/0031",
        "Re: Rechnung INV-2024/0031, bitte prüfen",
    ),
    (
        "xx",
        "0031",
        "Oggetto: fattura INV-2024/0031 del mese di marzo",
    ),
    ("xx", "inv-2024", "invoice INV-2024/0031 attached"),
    (
        "xx",
        "rossi@shop",
        "scrivi a mario.rossi@shop.example.com per sapere di più",
    ),
    (
        "xx",
        "+39 051 123",
        "chiamatemi al numero +39 051 123 4567 dopo le cinque",
    ),
    ("xx", "１２３", "order 123 is late"),
];

/// Question and mail that have nothing to do with each other, however alike they look.
const NOT_FOUND: &[(&str, &str)] = &[
    (
        "\"perché\"",
        "Vendiamo anche pesche e ciliegie di stagione.",
    ),
    ("0031 ", "fattura INV-2024/00310 del mese di marzo"),
    (
        "INV-2024/0031",
        "0031 was the order, 2024 the year and INV the prefix",
    ),
    ("東京", "京都の東にあります。"),
    ("退款", "款式已经退市了。"),
    ("ガス", "カスタマーサービスへ"),
    ("rossi@shop", "rossi ha un negozio, lo shop è chiuso"),
    ("l'ordine", "l'unico problema è il colore della lampada"),
    ("университет", "универсальный магазин закрыт на ремонт"),
];

/// Every mail in one index; answers the mails a question finds.
fn answers<'a>(mails: &[&str], questions: &[&'a str]) -> Vec<(&'a str, Vec<usize>)> {
    let folder = tempfile::tempdir().unwrap();
    let (index, mut writer) = create(folder.path()).unwrap();
    for (i, mail) in mails.iter().enumerate() {
        let doc = Doc {
            message: i as u64,
            conversation: i as u64,
            text: (*mail).to_owned(),
            ..Doc::default()
        };
        writer.add(&doc).unwrap();
    }
    writer.commit(1).unwrap();
    let facts: Arc<dyn Facts> = Arc::new(AsIndexed);
    let ask = |question: &str| index.find(&Query::parse(question), &facts, 1_000, None);
    let hits = |question| ask(question).unwrap().hits.into_iter();
    questions
        .iter()
        .map(|q| (*q, hits(q).map(|hit| hit.message as usize).collect()))
        .collect()
}

#[test]
fn what_is_meant_is_found() {
    let mails: Vec<_> = FOUND.iter().map(|(_, _, mail)| *mail).collect();
    let questions: Vec<_> = FOUND.iter().map(|(_, question, _)| *question).collect();
    let answers = answers(&mails, &questions);
    let missed: Vec<_> = answers
        .iter()
        .enumerate()
        .filter(|(i, (_, found))| !found.contains(i))
        .map(|(_, (question, _))| question)
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn what_only_looks_alike_is_not() {
    let mails: Vec<_> = NOT_FOUND.iter().map(|(_, mail)| *mail).collect();
    let questions: Vec<_> = NOT_FOUND.iter().map(|(question, _)| *question).collect();
    for (i, (question, found)) in answers(&mails, &questions).into_iter().enumerate() {
        assert!(!found.contains(&i), "{question}");
    }
}
