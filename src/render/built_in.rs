//! The list of everything under `templates/` that the binary carries. A test holds it against the folder.

macro_rules! carried {
    ($folder:literal, $suffix:literal: $($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../templates/", $folder, $name, $suffix)))),*]
    };
}

/// Name (path without `.hbs`) and source of each template.
pub const TEMPLATES: &[(&str, &str)] = carried! { "", ".hbs":
    "mail/follow_up/html"
    "mail/follow_up/text.txt"
    "mail/reply/html"
    "mail/reply/text.txt"
    "mail/transcript/html"
    "mail/transcript/text.txt"
    "mail/unseen/html"
    "mail/unseen/text.txt"
    "parts/layout"
};

/// Name under `assets/` and content of each text asset.
pub const ASSETS: &[(&str, &str)] = carried! { "assets/", "":
    "app.css"
};

/// Language tag and source of each text catalogue.
pub const CATALOGUES: &[(&str, &str)] = carried! { "text/", ".toml":
    "en"
    "it"
};
