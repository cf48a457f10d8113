//! The accept loop: who gets in, how many at a time, and how everybody is seen out.

use std::{
    collections::HashMap,
    io::Write,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};

use super::{Gate, SmtpConfig, reply::Reply, session};

/// How full or how near its end the house is; every session watches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Open,
    /// Many connections: silence is borne for a shorter time.
    Crowded,
    /// Stopping: no new transaction, and the open ones end by then.
    Draining(Instant),
}

/// What all sessions of one listener share.
pub struct House<G> {
    pub config: Arc<SmtpConfig>,
    pub gate: Arc<G>,
    pub mood: watch::Sender<Mood>,
    guests: Mutex<Guests>,
}

#[derive(Default)]
struct Guests {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A place in the house; dropping it, even in a panic, gives it back.
struct Place<G> {
    house: Arc<House<G>>,
    address: IpAddr,
}

/// Serves until `shutdown` turns true, then drains: open transactions are finished or refused
/// within [`Limits::drain`](super::Limits::drain), and a message whose DATA had ended gets its
/// reply.
pub async fn serve<G: Gate>(
    listener: TcpListener,
    config: Arc<SmtpConfig>,
    gate: Arc<G>,
    mut shutdown: watch::Receiver<bool>,
) {
    let house = Arc::new(House {
        config,
        gate,
        mood: watch::Sender::new(Mood::Open),
        guests: Mutex::default(),
    });
    let mut sessions = JoinSet::new();
    tokio::select! {
        () = accept_all(&listener, &house, &mut sessions) => (),
        // A sender that is gone can no longer stop us, so it stops us now.
        _ = shutdown.wait_for(|stop| *stop) => (),
    }
    drop(listener);
    drain(&house, sessions).await;
}

async fn accept_all<G: Gate>(
    listener: &TcpListener,
    house: &Arc<House<G>>,
    sessions: &mut JoinSet<()>,
) {
    let mut failing = false;
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                failing = false;
                admit(house, stream, from, sessions);
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(%error, "cannot accept SMTP connections for now");
                }
                sleep(house.config.limits.accept_pause).await;
            }
        }
        while let Some(ended) = sessions.try_join_next() {
            report(ended);
        }
    }
}

fn admit<G: Gate>(
    house: &Arc<House<G>>,
    stream: TcpStream,
    from: SocketAddr,
    sessions: &mut JoinSet<()>,
) {
    let ip = from.ip().to_canonical();
    match house.place(ip) {
        Err(reply) => turn_away(stream, &reply),
        Ok(place) => {
            let house = house.clone();
            sessions.spawn(async move {
                let _place = place;
                session::run(stream, ip, house).await;
            });
        }
    }
}

/// Says no without waiting: one line fits into the empty buffer of a fresh socket.
fn turn_away(stream: TcpStream, reply: &Reply) {
    let mut line = Vec::new();
    reply.write_to(&mut line);
    // Who does not take the line learns as much from the closed connection.
    let _ = stream
        .into_std()
        .and_then(|mut stream| stream.write_all(&line));
}

async fn drain<G: Gate>(house: &House<G>, mut sessions: JoinSet<()>) {
    let limit = house.config.limits.drain;
    let now = Instant::now();
    // Sessions are told to end a little before all of them are cut off, so that their last words
    // get out.
    house
        .mood
        .send_replace(Mood::Draining(now + limit * 9 / 10));
    let all_ended = async {
        while let Some(ended) = sessions.join_next().await {
            report(ended);
        }
    };
    if timeout_at(now + limit, all_ended).await.is_err() {
        tracing::warn!(
            sessions = sessions.len(),
            "SMTP sessions cut off at shutdown"
        );
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!("an SMTP session panicked; the others go on");
    }
}

impl<G> House<G> {
    fn guests(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(self: &Arc<Self>, ip: IpAddr) -> Result<Place<G>, Reply> {
        let limits = &self.config.limits;
        let address = neighbourhood(ip);
        let mut guests = self.guests();
        let here = guests.by_address.get(&address).copied().unwrap_or(0);
        if limits.connections > 0 && guests.all >= limits.connections {
            return Err(Reply::new(
                421,
                "4.3.2",
                "Too many connections, try again later",
            ));
        }
        if limits.per_address > 0 && here >= limits.per_address {
            return Err(Reply::new(
                421,
                "4.7.0",
                "Too many connections from your address",
            ));
        }
        guests.all += 1;
        guests.by_address.insert(address, here + 1);
        self.feel(guests.all);
        let house = self.clone();
        Ok(Place { house, address })
    }

    fn leave(&self, address: IpAddr) {
        let mut guests = self.guests();
        guests.all -= 1;
        if let Some(here) = guests.by_address.get_mut(&address) {
            *here -= 1;
            if *here == 0 {
                guests.by_address.remove(&address);
            }
        }
        self.feel(guests.all);
    }

    /// Crowded above 80 % of the connections, open again below 70 %, so that one guest coming and
    /// going wakes nobody.
    fn feel(&self, guests: usize) {
        let most = self.config.limits.connections;
        self.mood.send_if_modified(|mood| {
            let felt = match *mood {
                Mood::Open if most > 0 && guests * 10 > most * 8 => Mood::Crowded,
                Mood::Crowded if guests * 10 < most * 7 => Mood::Open,
                same => same,
            };
            std::mem::replace(mood, felt) != felt
        });
    }
}

impl<G> Drop for Place<G> {
    fn drop(&mut self) {
        self.house.leave(self.address);
    }
}

/// What counts as one address: an IPv6 customer has a whole /64.
fn neighbourhood(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}
