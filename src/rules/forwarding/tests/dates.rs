//! Dates no table of clients covers, and what is no date.

use super::super::dates::{Hint, parse};

#[test]
fn dates_of_all_kinds() {
    let local = Hint {
        day_first: true,
        ..Hint::default()
    };
    for (text, hint, wanted) in [
        (
            "Wed, 27 Oct 2021 09:31:00 +0000",
            Hint::default(),
            "2021-10-27T09:31:00Z",
        ),
        (
            "Wed, 27 Oct 2021 09:31:00 -0730",
            Hint::default(),
            "2021-10-27T17:01:00Z",
        ),
        (
            "02/10/2023 4:52 PM EST",
            Hint::default(),
            "2023-02-10T21:52:00Z",
        ),
        (
            "10/28/2021 12:46 PM",
            Hint::default(),
            "2021-10-28T12:46:00Z",
        ),
        ("28/10/2021 12:46", Hint::default(), "2021-10-28T12:46:00Z"),
        (
            "03.05.23 09:14 (GMT+01:00)",
            Hint::default(),
            "2023-05-03T08:14:00Z",
        ),
        ("03/05/2023 09:14", local, "2023-05-03T09:14:00Z"),
        ("March-19-11 5:42 PM", Hint::default(), ""),
        (
            "2023-05-03 09:14:05",
            Hint::default(),
            "2023-05-03T09:14:05Z",
        ),
        (
            "2023-05-03T09:14:05+02:00",
            Hint::default(),
            "2023-05-03T07:14:05Z",
        ),
        (
            "2023. 5. 3. 오후 2:05",
            Hint::default(),
            "2023-05-03T14:05:00Z",
        ),
        (
            "12:05 AM, May 3rd, 2023",
            Hint::default(),
            "2023-05-03T00:05:00Z",
        ),
        (
            "May 3, 2023 at 12:05 PM PDT",
            Hint::default(),
            "2023-05-03T19:05:00Z",
        ),
        ("mar. 3 mai 2023 à 09:14", local, "2023-05-03T09:14:00Z"),
        ("mar 03/05/2023 09:14", local, "2023-05-03T09:14:00Z"),
        (
            "wtorek, 2 listopada 2021 9:00",
            local,
            "2021-11-02T09:00:00Z",
        ),
        (
            "utorak, 2. listopada 2021. 9:00",
            Hint {
                day_first: true,
                croatian: true,
                ..Hint::default()
            },
            "2021-10-02T09:00:00Z",
        ),
        (
            "středa 3. července 2024 9:14",
            local,
            "2024-07-03T09:14:00Z",
        ),
        ("pondělí 3. června 2024 9:14", local, "2024-06-03T09:14:00Z"),
        (
            "keskiviikko 3. heinäkuuta 2024 klo 9.14",
            local,
            "2024-07-03T09:14:00Z",
        ),
        (
            "torstai 2. maaliskuuta 2023 klo 9.14",
            local,
            "2023-03-02T09:14:00Z",
        ),
        ("2 marraskuuta 2021", local, "2021-11-02T00:00:00Z"),
        ("พ. 3 พ.ค. 2566 เวลา 09:14", local, "2023-05-03T09:14:00Z"),
        ("10:15 1 tháng 2, 2024", local, "2024-02-01T10:15:00Z"),
        ("2023 m. gegužės 3 d. 9:14", local, "2023-05-03T09:14:00Z"),
        (
            "trešdiena, 2023. gada 3. maijs 9:14",
            local,
            "2023-05-03T09:14:00Z",
        ),
    ] {
        let wanted = wanted.parse().ok().map(jiff::Timestamp::as_millisecond);
        assert_eq!(parse(text, hint), wanted, "{text}");
    }
}

#[test]
fn ambiguous_or_incomplete_dates_are_none() {
    for text in [
        "03/05/2023",
        "3/5/23 9:14",
        "3 May",
        "yesterday",
        "",
        "99/99/2023",
        "31 February 2023",
        "May 2023",
        "2021",
    ] {
        assert_eq!(parse(text, Hint::default()), None, "{text}");
    }
}
