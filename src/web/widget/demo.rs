//! The sample shop that carries the widget, for `casella serve --demo`.

use crate::http::{Answer, Refusal, Request, respond};
use crate::render::{Language, Voice};
use crate::web::app::App;
use hyper::StatusCode;
use serde::Serialize;

#[derive(Serialize)]
struct Shop {
    goods: [Good; 4],
}

#[derive(Serialize)]
struct Good {
    /// Names its texts in the catalogue and its picture in the style sheet.
    name: &'static str,
    price: &'static str,
}

const fn good(name: &'static str, price: &'static str) -> Good {
    Good { name, price }
}

pub async fn shop(app: App, request: Request) -> Answer {
    let accepted = request.header("accept-language");
    let language = accepted.and_then(Language::accepted).unwrap_or_default();
    let voice = Voice::utc(language, app.inbox.clock.now());
    let shop = Shop {
        goods: [
            good("bowl", "€ 48"),
            good("cup", "€ 36"),
            good("cloth", "€ 54"),
            good("vase", "€ 62"),
        ],
    };
    let page = app
        .templates
        .render("chat/demo", &voice, &shop)
        .map_err(Refusal::internal)?;
    Ok(respond::html(StatusCode::OK, page))
}
