//! The list of everything under `templates/` that the binary carries. A test holds it against the folder.

macro_rules! carried {
    ($folder:literal, $suffix:literal: $($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../templates/", $folder, $name, $suffix)))),*]
    };
}

/// Name (path without `.hbs`) and source of each template.
pub const TEMPLATES: &[(&str, &str)] = carried! { "", ".hbs":
    "chat/demo"
    "chat/frame"
    "mail/follow_up/html"
    "mail/follow_up/text.txt"
    "mail/links/html"
    "mail/links/text.txt"
    "mail/reply/html"
    "mail/reply/text.txt"
    "mail/transcript/html"
    "mail/transcript/text.txt"
    "mail/unseen/html"
    "mail/unseen/text.txt"
    "pages/contact"
    "pages/contacts"
    "pages/error"
    "pages/inbox"
    "pages/login"
    "pages/login_code"
    "pages/saved_replies"
    "pages/saved_reply"
    "pages/search"
    "pages/settings_agents"
    "pages/settings_audit"
    "pages/settings_hours"
    "pages/settings_inbox"
    "pages/settings_mail"
    "pages/settings_messenger"
    "pages/settings_profile"
    "pages/settings_security"
    "pages/settings_tokens"
    "pages/settings_trace"
    "pages/settings_widget"
    "pages/setup"
    "parts/composer"
    "parts/details"
    "parts/item"
    "parts/layout"
    "parts/list"
    "parts/message"
    "parts/notice"
    "parts/plain"
    "parts/row"
    "parts/settings"
    "parts/shell"
    "parts/thread"
    "parts/thread_head"
};

/// Name under `assets/` and content of each text asset.
pub const ASSETS: &[(&str, &str)] = carried! { "assets/", "":
    "app.css"
    "app.js"
    "chat.css"
    "chat.js"
    "demo.css"
    "favicon-unread.svg"
    "favicon.svg"
    "icons.svg"
    "widget.js"
};

/// Language tag and source of each text catalogue.
pub const CATALOGUES: &[(&str, &str)] = carried! { "text/", ".toml":
    "en"
    "it"
};
