use super::*;

fn check(html: &str, text: &str) {
    assert_eq!(to_text(html), text, "{html}");
}

#[test]
fn blocks_stand_on_lines_and_paragraphs_apart() {
    for (html, text) in [
        ("", ""),
        ("plain", "plain"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<div>a<br></div><div>b</div>", "a\nb"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("a<br>b<br/>c</br>d", "a\nb\nc\nd"),
        ("a<br><br><br><br>b", "a\n\nb"),
        ("<p>one\n  two</p>", "one two"),
        ("<b>bo</b>ld <i> x</i>", "bold x"),
        ("<p class=MsoNormal>a<p class=MsoNormal>b", "a\nb"),
        (
            "<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>",
            "a\n\nb",
        ),
        ("<h1>T</h1>x", "T\n\nx"),
        ("a<hr>b", "a\n________________________________\nb"),
        ("<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"),
        ("<p>Caf&eacute; &lt;3 &amp; &#8364;5</p>", "Café <3 & €5"),
    ] {
        check(html, text);
    }
}

#[test]
fn lists_tables_and_quotes_keep_their_shape() {
    for (html, text) in [
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        (
            "<ol start=3><li>a</li><li><p>b</p></li></ol>",
            "3. a\n\n4. b",
        ),
        ("<ul><li>a<ul><li>b</ul></ul>", "- a\n\n  - b"),
        (
            "<table><tr><td>a<td>b<tr><th>c</th><th>d</th></table>",
            "a\tb\nc\td",
        ),
        (
            "<table><tr><td><p class=MsoNormal>a</p></td><td><p class=MsoNormal>b</p></td></tr></table>",
            "a\tb",
        ),
        (
            "<table><tr><td><div>a</div><div>b</div></td><td>c</td></tr></table>",
            "a\nb\nc",
        ),
        (
            "x<blockquote>a<blockquote>b</blockquote>c</blockquote>d",
            "x\n\n> a\n>\n>> b\n>\n> c\n\nd",
        ),
        (
            "<blockquote style='margin:0 0 0 40px; border: none'>in</blockquote>",
            "in",
        ),
    ] {
        check(html, text);
    }
}

#[test]
fn links_show_their_target_only_where_it_tells_something() {
    for (html, text) in [
        ("<a href='https://a.b/'>a.b</a>", "a.b"),
        ("<a href='https://a.b/c'>here</a>.", "here <https://a.b/c>."),
        ("<a href='mailto:a@b.c'>a@b.c</a>", "a@b.c"),
        (
            "<a href='mailto:a@b.c'>Anna</a> wrote:",
            "Anna <a@b.c> wrote:",
        ),
        ("<a href='#top'>up</a><a href='javascript:x'>no</a>", "upno"),
        ("<a href='https://a.b'><img src=x></a>", ""),
        ("<img alt='A cat' src=x>", "[A cat]"),
    ] {
        check(html, text);
    }
}

#[test]
fn what_nobody_sees_is_left_out_unless_it_is_all_there_is() {
    for (html, text) in [
        ("<style>p{}</style><title>t</title><p>a", "a"),
        ("<script>if (a<b) x()</script>b", "b"),
        ("<!--[if mso]><p>mso</p><![endif]-->c", "c"),
        ("<div style='display: none'>pre</div><p>d</p>", "d"),
        ("<div style='display:none'>only</div>", "only"),
        ("<p>&zwnj;&nbsp;&zwnj;&nbsp;</p><p>e\u{200b}f</p>", "ef"),
    ] {
        check(html, text);
    }
}

#[test]
fn broken_html_loses_no_words() {
    for (html, text) in [
        ("<div><p>a</div>b", "a\nb"),
        ("<table><tr><td>a</div></td><td>b</table>c", "a\tb\nc"),
        ("a</p></div></table>b", "a\nb"),
        ("<p>a<p>b</p></p>c", "a\n\nb\n\nc"),
        ("1 < 2 > 1 <3", "1 < 2 > 1 <3"),
        ("<b>never closed", "never closed"),
        ("<div/>a<o:p/>b", "ab"),
    ] {
        let words = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(&to_text(html)), words(text), "{html}");
    }
}

#[test]
fn any_depth_of_nesting_is_survived() {
    let deep = format!("{}core{}", "<div>".repeat(50_000), "</div>".repeat(50_000));
    check(&deep, "core");
    let quotes = format!("{}core", "<blockquote>".repeat(5_000));
    assert!(to_text(&quotes).ends_with("core"));
}
