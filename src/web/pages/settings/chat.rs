//! How the chat presents itself, and the office's hours.

use super::{done, form, frame, save, setting};
use crate::http::{Answer, Form, Refusal, Request};
use crate::inbox::chat_settings::{AskEmail, ChatSettings, GreetingForm, OfficeHours};
use crate::inbox::keys::random;
use crate::web::App;
use crate::web::pages::guard::Viewer;
use crate::web::pages::{shell, show};
use crate::web::view::settings::{self as views, DayView, SpanView};
use crate::web::view::{Choice, Notice};
use crate::web::widget::sites;
use data_encoding::HEXLOWER;
use hyper::StatusCode;

/// Minutes: a day. Who has not seen an answer by then is not coming back to see it.
const LONGEST_WAIT: u32 = 1_440;

pub async fn widget(app: App, viewer: Viewer, request: Request) -> Answer {
    let chat: ChatSettings = setting(&app, &viewer)?;
    let words = viewer.words(&app);
    let ask = |ask: AskEmail| {
        let label = words.t(&format!("widget.ask_{}", ask.as_str()));
        Choice::new(ask.as_str(), label, ask == chat.ask_email)
    };
    let secret = chat.vouch_secret.as_deref();
    let view = views::Widget {
        frame: frame(&app, &viewer, &request.query(), "widget", None),
        snippet: format!(
            "<script async src=\"{}/widget.js\"></script>",
            app.public_url
        ),
        preview: "/widget/frame?preview=1".into(),
        asks: AskEmail::ALL.map(ask).into(),
        mail_after: chat.mail_after,
        origins: sites(&app, &chat).join("\n"),
        origins_fixed: app.inbox.config.is_set("chat.origins"),
        form: chat.form,
        sound: chat.sound,
        secret: secret.and_then(|sealed| app.inbox.vault.open(sealed)),
        color: chat.color,
        greeting: chat.greeting,
        offline: chat.offline,
    };
    show(&app, &viewer, "pages/settings_widget", &view)
}

pub async fn save_widget(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let before: ChatSettings = setting(&app, &viewer)?;
    let ticked = |name: &str| form.given(name).is_some();
    let origins = match app.inbox.config.is_set("chat.origins") {
        true => before.origins,
        false => origins(form.get("origins")),
    };
    let minutes = form.get("mail_after").trim().parse().unwrap_or(0);
    let chat = ChatSettings {
        color: form.get("color").trim().to_ascii_lowercase(),
        greeting: form.get("greeting").trim().to_owned(),
        offline: form.get("offline").trim().to_owned(),
        form: GreetingForm {
            name: ticked("form_name"),
            email: ticked("form_email"),
            question: ticked("form_question"),
        },
        ask_email: AskEmail::named(form.get("ask_email")).unwrap_or_default(),
        mail_after: LONGEST_WAIT.min(minutes),
        sound: ticked("sound"),
        origins,
        ..before
    };
    save(&app, &viewer, &request, chat).await?;
    done("widget", "saved")
}

/// One a line; none leaves it to the configuration.
fn origins(text: &str) -> Option<Vec<String>> {
    let sites = text
        .lines()
        .map(|site| site.trim().trim_end_matches('/'))
        .filter(|site| !site.is_empty())
        .map(str::to_owned);
    Some(sites.collect::<Vec<_>>()).filter(|sites| !sites.is_empty())
}

/// Makes a new secret for sites to vouch with; what was signed with the old one is worth nothing then.
pub async fn new_secret(app: App, viewer: Viewer, request: Request) -> Answer {
    let secret = HEXLOWER.encode(&random::<32>().map_err(Refusal::internal)?);
    let sealed = app.inbox.vault.seal(&secret);
    let sealed = sealed.ok_or_else(|| Refusal::internal("the secret could not be sealed"))?;
    let chat = ChatSettings {
        vouch_secret: Some(sealed),
        ..setting(&app, &viewer)?
    };
    save(&app, &viewer, &request, chat).await?;
    done("widget", "saved")
}

pub async fn hours(app: App, viewer: Viewer, request: Request) -> Answer {
    let chat: ChatSettings = setting(&app, &viewer)?;
    hours_page(&app, &viewer, &request.query(), chat.hours, None)
}

fn hours_page(
    app: &App,
    viewer: &Viewer,
    query: &Form,
    hours: OfficeHours,
    notice: Option<Notice>,
) -> Answer {
    let status = match notice {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let weekdays = viewer.words(app).t("calendar.weekdays");
    type Spans = Vec<(String, String)>;
    let day = |(index, (label, spans)): (usize, (&str, Spans))| {
        let kept = spans.into_iter().map(|(from, to)| SpanView { from, to });
        DayView {
            index,
            label: label.to_owned(),
            spans: kept.chain([SpanView::default()]).collect(),
        }
    };
    let days = weekdays.split(' ').zip(hours.week).enumerate();
    let view = views::Hours {
        frame: frame(app, viewer, query, "hours", notice),
        on: hours.on,
        time_zone: hours.time_zone,
        days: days.map(day).collect(),
    };
    shell::show(app, &viewer.voice, status, "pages/settings_hours", &view)
}

pub async fn save_hours(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = form(&mut request).await?;
    let day = |n: usize| {
        let times = |name: &str| {
            let name = format!("{name}-{n}");
            let fields = form.fields.iter().filter(move |(field, _)| *field == name);
            fields.map(|(_, time)| time.trim().to_owned())
        };
        let spans = times("from").zip(times("to"));
        let mut spans: Vec<_> = spans
            .filter(|(from, to)| !from.is_empty() || !to.is_empty())
            .collect();
        spans.sort();
        spans
    };
    let hours = OfficeHours {
        on: form.given("on").is_some(),
        time_zone: form.get("time_zone").trim().to_owned(),
        week: std::array::from_fn(day),
    };
    if hours.read().is_err() {
        let notice = Notice::danger(viewer.words(&app).t("hours.invalid"));
        return hours_page(&app, &viewer, &Form::default(), hours, Some(notice));
    }
    let chat = ChatSettings {
        hours,
        ..setting(&app, &viewer)?
    };
    save(&app, &viewer, &request, chat).await?;
    done("hours", "saved")
}
