//! What templates may call besides handlebars' own `if`, `each`, `eq`, `and`, `lookup` …:
//!
//! | helper | gives |
//! |---|---|
//! | `t "key" name=value` | the text of the catalogue; `count=` chooses the plural |
//! | `age at`, `hour at`, `day at`, `full at` | a moment in words |
//! | `time at "age"` | the same as `<time>` with the whole moment as its title |
//! | `rich text` | plain text as HTML: escaped, lines kept, links made |
//! | `size bytes` | "1.4 MB" |
//! | `initials name`, `tint name` | an avatar's two letters and its colour's number, 0 to 7 |
//! | `icon "name"` | an inline reference into the icon sprite, hidden from screen readers |
//! | `asset "app.css"` | the versioned address of a static file |
//! | `concat a b …` | the values, one after the other |

use std::sync::Arc;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, Output, RenderContext, RenderError, RenderErrorReason,
    ScopedJson,
};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::moments::{self, Style};
use super::{Assets, Catalogues, Language, Millis, escape, rich};

/// Registers all of them.
pub fn register(
    registry: &mut Handlebars<'static>,
    catalogues: &Arc<Catalogues>,
    assets: &Arc<Assets>,
) {
    let words = |ask: Ask| Words {
        ask,
        catalogues: catalogues.clone(),
    };
    registry.register_helper("t", Box::new(words(Ask::Text)));
    registry.register_helper("age", Box::new(words(Ask::Moment(Style::Age))));
    registry.register_helper("hour", Box::new(words(Ask::Moment(Style::Hour))));
    registry.register_helper("day", Box::new(words(Ask::Moment(Style::Day))));
    registry.register_helper("full", Box::new(words(Ask::Moment(Style::Full))));
    registry.register_helper("size", Box::new(words(Ask::Size)));
    registry.register_helper("time", Box::new(Time(catalogues.clone())));
    let sprite = assets.url("icons.svg").unwrap_or_default();
    registry.register_helper("icon", Box::new(Icon(sprite)));
    registry.register_helper("asset", Box::new(AssetUrl(assets.clone())));
    registry.register_helper("rich", Box::new(Rich));
    registry.register_helper("initials", Box::new(Mapped(initials)));
    registry.register_helper("tint", Box::new(Mapped(tint)));
    registry.register_helper("concat", Box::new(Concat));
}

/// The n-th argument as text; missing and null are empty.
fn argument(h: &Helper, n: usize) -> String {
    h.param(n).map(|p| plain(p.value())).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn moment(h: &Helper) -> Result<Millis, RenderError> {
    h.param(0)
        .and_then(|p| p.value().as_i64())
        .ok_or_else(|| RenderErrorReason::Other(format!("`{}` needs a moment", h.name())).into())
}

/// Who reads, as [`super::Templates::render`] put it into the root.
struct Reader {
    language: Language,
    now: Millis,
    zone: TimeZone,
}

impl Reader {
    fn of(context: &Context) -> Reader {
        let root = context.data();
        let text = |name: &str| root.get(name).and_then(Value::as_str).unwrap_or_default();
        Reader {
            language: Language::of(text("lang")).unwrap_or_default(),
            now: root.get("now").and_then(Value::as_i64).unwrap_or_default(),
            zone: TimeZone::get(text("zone")).unwrap_or(TimeZone::UTC),
        }
    }

    fn tell(&self, words: &Catalogues, style: Style, at: Millis) -> String {
        moments::tell(words, self.language, style, at, self.now, &self.zone)
    }
}

#[derive(Clone, Copy)]
enum Ask {
    Text,
    Moment(Style),
    Size,
}

/// Helpers whose answer depends on the reader's language. They give values, so they also serve as
/// arguments of other helpers, and the template escapes them.
struct Words {
    ask: Ask,
    catalogues: Arc<Catalogues>,
}

impl HelperDef for Words {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        h: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let reader = Reader::of(context);
        let words = &self.catalogues;
        let text = match self.ask {
            Ask::Text => words.text(reader.language, &argument(h, 0), |name| {
                h.hash_get(name).map(|p| plain(p.value()))
            }),
            Ask::Moment(style) => reader.tell(words, style, moment(h)?),
            Ask::Size => size(h.param(0).and_then(|p| p.value().as_u64()), reader.language),
        };
        Ok(ScopedJson::from(Value::String(text)))
    }
}

/// A number of bytes as people read it, in powers of 1,000, with the language's decimal sign.
fn size(bytes: Option<u64>, language: Language) -> String {
    let bytes = bytes.unwrap_or_default();
    let (unit, name) = match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..1_000_000 => (1_000.0, "kB"),
        1_000_000..1_000_000_000 => (1e6, "MB"),
        _ => (1e9, "GB"),
    };
    let number = format!("{:.1}", bytes as f64 / unit);
    let number = number.strip_suffix(".0").unwrap_or(&number);
    match language {
        Language::En => format!("{number} {name}"),
        Language::It => format!("{} {name}", number.replace('.', ",")),
    }
}

/// `<time>`: the short form to read, the whole moment for machines and as title.
struct Time(Arc<Catalogues>);

impl HelperDef for Time {
    fn call<'reg: 'rc, 'rc>(
        &self,
        h: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> Result<(), RenderError> {
        let reader = Reader::of(context);
        let at = moment(h)?;
        let (style, class) = match argument(h, 1).as_str() {
            "hour" => (Style::Hour, "hour"),
            "full" => (Style::Full, "full"),
            _ => (Style::Age, "age"),
        };
        let short = escape(&reader.tell(&self.0, style, at));
        let full = escape(&reader.tell(&self.0, Style::Full, at));
        let machine = moments::machine(at);
        write(
            out,
            &format!(
                "<time class=\"{class}\" datetime=\"{machine}\" title=\"{full}\">{short}</time>"
            ),
        )
    }
}

struct Icon(String);

impl HelperDef for Icon {
    fn call<'reg: 'rc, 'rc>(
        &self,
        h: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> Result<(), RenderError> {
        let name = escape(&argument(h, 0));
        let sprite = &self.0;
        write(
            out,
            &format!(
                "<svg class=\"icon icon-{name}\" aria-hidden=\"true\"><use href=\"{sprite}#{name}\"></use></svg>"
            ),
        )
    }
}

struct AssetUrl(Arc<Assets>);

impl HelperDef for AssetUrl {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        h: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let name = argument(h, 0);
        let url = self.0.url(&name);
        let url = url.ok_or_else(|| RenderErrorReason::Other(format!("no asset `{name}`")))?;
        Ok(ScopedJson::from(Value::String(url)))
    }
}

struct Rich;

impl HelperDef for Rich {
    fn call<'reg: 'rc, 'rc>(
        &self,
        h: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> Result<(), RenderError> {
        write(out, &rich(&argument(h, 0)))
    }
}

/// A text made from one argument.
struct Mapped(fn(&str) -> String);

impl HelperDef for Mapped {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        h: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        Ok(ScopedJson::from(Value::String((self.0)(&argument(h, 0)))))
    }
}

/// The first letters of the first and last word, or of an address.
fn initials(name: &str) -> String {
    let mut words = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty());
    let first = words.next().and_then(|w| w.chars().next());
    let last = words.next_back().and_then(|w| w.chars().next());
    let both: String = [first, last].into_iter().flatten().collect();
    both.to_uppercase()
}

/// A number from 0 to 7 that stays the same for a name.
fn tint(name: &str) -> String {
    let sum = name
        .bytes()
        .fold(7u32, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
    (sum % 8).to_string()
}

struct Concat;

impl HelperDef for Concat {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        h: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let all: String = h.params().iter().map(|p| plain(p.value())).collect();
        Ok(ScopedJson::from(Value::String(all)))
    }
}

fn write(out: &mut dyn Output, text: &str) -> Result<(), RenderError> {
    out.write(text).map_err(Into::into)
}
