//! `casella serve`: opens the data folder, listens, and ends in order.

use super::check::cannot_listen;
use super::control::{self, House};
use super::{Setting, block_on, demo, say};
use crate::channel::email::authentication::Authenticator;
use crate::channel::email::dns::Dns;
use crate::channel::email::post::Post;
use crate::channel::email::receive::Reception;
use crate::channel::email::smtp::{self, SmtpConfig};
use crate::channel::messenger;
use crate::clock::Clock;
use crate::error::{Failure, Outcome};
use crate::fetch::Fetcher;
use crate::http::{Server, Terms};
use crate::inbox::Inbox;
use crate::render::Templates;
use crate::tls::Certificate;
use crate::web::{self, App};
use crate::workers::follow_up::FollowUp;
use crate::workers::indexer::{Indexer, index_folder};
use crate::workers::outbox::Outbox;
use casella_index::search::Serving;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How often sessions that have ended are swept out.
const SWEEP: Duration = Duration::from_secs(3_600);

/// How long deliveries under way may take to end; what is cut off is tried again at the next start.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Default, clap::Args)]
pub struct Options {
    /// Shows Casella on a throw-away data folder with sample conversations; nothing leaves it
    #[arg(long)]
    demo: bool,
}

/// The addresses really bound.
struct Bound {
    smtp: SocketAddr,
    http: SocketAddr,
}

/// Runs until told to stop.
pub fn run(setting: &Setting, options: Options) -> Outcome {
    let config = setting.config()?;
    report_panics();
    if options.demo {
        let folder = demo::Folder::new()?;
        let inbox = demo::open(config, &folder)?;
        return block_on(serve(inbox, true))?;
    }
    let inbox = Inbox::open(config, Clock::machine(), &setting.data)?;
    block_on(serve(inbox, false))?
}

async fn serve(inbox: Inbox, demo: bool) -> Outcome {
    let signals = Signals::new()?;
    let smtp = bind("smtp.listen", inbox.config.smtp.listen).await?;
    let http = bind("http.listen", inbox.config.http.listen).await?;
    let certificate = http_certificate(&inbox)?;
    let post = smtp_config(&inbox)?;
    let dns = Dns::new(&inbox.config.dns)?;
    let reception = reception(&inbox, dns.clone());
    let bound = Bound {
        smtp: smtp.local_addr().map_err(Failure::new)?,
        http: http.local_addr().map_err(Failure::new)?,
    };
    let search = Arc::new(Serving::default());
    let app = app(&inbox, search.clone(), bound.http)?;
    let index = index_folder(&inbox.folder);
    let indexer = Indexer::start(
        inbox.store.clone(),
        &index,
        inbox.clock.clone(),
        search.clone(),
    );
    let mail = Post::open(&inbox, app.templates.clone(), &app.public_url, dns)?;
    let (messenger, media, health) = messenger(&inbox, &app);
    let outbox = Outbox::start(inbox.clone(), vec![Arc::new(mail), Arc::new(messenger)]).await;
    let outbox = outbox.map_err(Failure::new)?;
    tokio::spawn(media.follow());
    if !demo {
        tokio::spawn(health.watch());
    }
    let follow_up = FollowUp::start(inbox.clone()).map_err(Failure::new)?;
    let house = House {
        inbox: inbox.clone(),
        search: Some(search),
    };
    let control = control::listen(house)?;
    let (stop, stopping) = watch::channel(false);
    let mut running = JoinSet::new();
    running.spawn(smtp::serve(smtp, post, reception, stopping.clone()));
    running.spawn(serve_http(app.clone(), http, certificate, stopping.clone()));
    running.spawn(wake_visitors(app.clone(), stopping.clone()));
    running.spawn(sweep(app.clone(), stopping));
    if demo {
        invite(&app, &bound)?;
    }
    announce(&app, &bound)?;
    signals.wait(&inbox, &stop).await?;
    // Deliveries end while the listeners drain.
    tokio::join!(drain(running), outbox.stop(PATIENCE), follow_up.stop());
    drop(control);
    indexer.stop();
    Ok(())
}

/// Messenger's outgoing side: what sends, what fetches files and names, what looks after the pages.
fn messenger(
    inbox: &Inbox,
    app: &App,
) -> (
    messenger::deliver::Sender,
    messenger::media::Media,
    messenger::health::Health,
) {
    let config = &inbox.config;
    let fetcher = Fetcher::new(&config.fetch.allow);
    let at = &config.messenger;
    let graph = messenger::graph::Graph::new(fetcher.clone(), &at.graph_url, &at.graph_version);
    let media = messenger::media::Media::new(inbox.clone(), fetcher, graph.clone());
    let health = messenger::health::Health::new(inbox.clone(), graph.clone());
    let sender = messenger::deliver::Sender::new(inbox.clone(), graph, app.templates.clone());
    (sender, media, health)
}

/// Pages and templates. Without a configured address, links begin with the one really bound.
fn app(inbox: &Inbox, search: Arc<Serving>, bound: SocketAddr) -> Outcome<App> {
    let folder = inbox.config.pages.templates.as_deref();
    let templates = Templates::load(folder).map_err(|e| Failure::new(e).at("`pages.templates`"))?;
    let http = &inbox.config.http;
    let scheme = if http.tls.is_some() { "https" } else { "http" };
    let usual = || format!("{scheme}://{bound}");
    let public_url = http.public_url.clone().unwrap_or_else(usual);
    Ok(App::new(
        inbox.clone(),
        Arc::new(templates),
        search,
        public_url,
    ))
}

async fn bind(key: &str, address: SocketAddr) -> Outcome<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| cannot_listen(key, address, &error))
}

/// The receiver's terms, from the configuration.
fn smtp_config(inbox: &Inbox) -> Outcome<Arc<SmtpConfig>> {
    let config = &inbox.config;
    let spool_dir = inbox.folder.join("spool");
    std::fs::create_dir_all(&spool_dir)
        .map_err(|e| Failure::io(&e).at(format!("`{}`", spool_dir.display())))?;
    let tls = config.smtp.tls.as_ref();
    Ok(Arc::new(SmtpConfig {
        hostname: config.smtp.hostname.clone(),
        max_message: config.smtp.max_message.bytes(),
        tls: tls.map(|paths| Certificate::load(paths, &[])).transpose()?,
        limits: smtp::Limits {
            connections: config.limits.smtp_connections as usize,
            per_address: config.limits.smtp_per_address as usize,
            line: config.limits.line_time.0,
            ..smtp::Limits::default()
        },
        spool_dir,
    }))
}

fn reception(inbox: &Inbox, dns: Dns) -> Arc<Reception> {
    let config = &inbox.config;
    let authenticator =
        Authenticator::new(dns, &config.smtp.hostname, &config.mail.trusted_authserv);
    Arc::new(Reception::new(inbox.clone(), authenticator))
}

fn http_certificate(inbox: &Inbox) -> Outcome<Option<Certificate>> {
    let paths = inbox.config.http.tls.as_ref();
    let load = |paths| Certificate::load(paths, &[b"h2", b"http/1.1"]);
    paths.map(load).transpose()
}

/// Where to look at the demo.
fn invite(app: &App, bound: &Bound) -> Outcome {
    let (email, password) = demo::LOGIN;
    let url = &app.public_url;
    say(format_args!(
        "agents  {url}/inbox  (log in as {email} / {password})"
    ))?;
    say(format_args!("shop    {url}/demo/  (with the chat widget)"))?;
    say(format_args!(
        "mail    smtp://{}  (for inbox@localhost)",
        bound.smtp
    ))
}

/// What scripts and people wait for, on standard output.
fn announce(app: &App, bound: &Bound) -> Outcome {
    if let Some(path) = app.access.offer_setup().map_err(Failure::new)? {
        let link = format!("{}{path}", app.public_url);
        say(format_args!("create the first admin, once, at {link}"))?;
    }
    say(format_args!("listening smtp {}", bound.smtp))?;
    say(format_args!("listening http {}", bound.http))?;
    say("ready")
}

async fn serve_http(
    app: App,
    listener: TcpListener,
    certificate: Option<Certificate>,
    stopping: watch::Receiver<bool>,
) {
    let config = &app.inbox.config;
    let terms = Terms {
        trusted_proxies: config.http.trusted_proxies.clone(),
        public_url: Some(app.public_url.clone()),
        certificate,
        connections: config.limits.http_connections,
        head: config.limits.line_time.0,
        clock: app.inbox.clock.clone(),
    };
    let server = Server::new(web::routes(), app.clone(), terms, stopping);
    let _ = app.counters.set(server.counters());
    server.run(listener).await;
}

/// Rings for the connected visitors a commit concerns.
async fn wake_visitors(app: App, mut stopping: watch::Receiver<bool>) {
    tokio::select! {
        _ = stopping.wait_for(|stop| *stop) => {}
        () = app.chat.hub.clone().follow(app.inbox.clone()) => {}
    }
}

async fn sweep(app: App, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
        if let Err(error) = app.access.sweep_sessions().await {
            tracing::warn!(%error, "ended sessions could not be swept out");
        }
    }
}

/// Waits for the listeners, which each see their own out; a second signal has ended us before.
async fn drain(mut running: JoinSet<()>) {
    while let Some(ended) = running.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a part of the server had failed");
        }
    }
}

/// SIGTERM and SIGINT.
struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    fn new() -> Outcome<Self> {
        let listen = |kind| signal(kind).map_err(Failure::new);
        Ok(Self {
            term: listen(SignalKind::terminate())?,
            int: listen(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }

    /// Waits for the first signal and sets `stop`; a second one ends the process on the spot. Fails
    /// if the store stops before: nothing may be acknowledged then, so nothing is drained either.
    async fn wait(mut self, inbox: &Inbox, stop: &watch::Sender<bool>) -> Outcome {
        tokio::select! {
            () = self.next() => {}
            why = failed(inbox) => die(&why),
        }
        tracing::info!("stopping: open requests have 10 s to finish");
        stop.send_replace(true);
        let inbox = inbox.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = self.next() => std::process::exit(1),
                why = failed(&inbox) => die(&why),
            }
        });
        Ok(())
    }
}

/// Resolves once the store accepts nothing any more.
async fn failed(inbox: &Inbox) -> String {
    let mut journal = inbox.live.journal();
    loop {
        if let Some(why) = inbox.store.stopped() {
            return why;
        }
        if journal.changed().await.is_err() {
            return "the store has ended".into();
        }
    }
}

/// One clear line, and out: after a failed fsync no retry is safe.
fn die(why: &str) -> ! {
    let failure = Failure::new(format!("the store has stopped: {why}"))
        .remedy("check the disk, then start Casella again");
    eprintln!("casella: {failure}");
    std::process::exit(1)
}

/// A panic is one line in the log, like everything else.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let words = panic.payload_as_str().unwrap_or("no words");
        tracing::error!(place, "a panic: {words}");
    }));
}
