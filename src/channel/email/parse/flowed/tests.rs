use super::*;

#[test]
fn soft_breaks_go_and_hard_ones_stay() {
    for (text, delete_space, wanted) in [
        ("one \ntwo", false, "one two"),
        ("one\ntwo", false, "one\ntwo"),
        ("one \ntwo \nthree\nfour", false, "one two three\nfour"),
        ("one \ntwo", true, "onetwo"),
        ("> a \n> b\nc", false, "> a b\nc"),
        (">> a \n> b", false, ">> a \n> b"),
        ("text \n> quote", false, "text \n> quote"),
        (" >not a quote", false, ">not a quote"),
        (" From here", false, "From here"),
        ("body \n-- \nAnna", false, "body \n-- \nAnna"),
        ("-- \nAnna \nRossi", false, "-- \nAnna Rossi"),
        ("Hello, \n\nhow are you", false, "Hello, \n\nhow are you"),
        (">\n> a", false, ">\n> a"),
        ("", false, ""),
        ("\n\na", false, "\n\na"),
    ] {
        assert_eq!(unwrap(text, delete_space), wanted, "{text:?}");
    }
}
