//! AUTH PLAIN and AUTH LOGIN (RFC 4954, RFC 4616, draft-murchison-sasl-login).

use std::io;
use std::time::Duration;

use data_encoding::BASE64;

use super::reply::Reply;
use super::wire::Wire;

/// Logs in by the better of the offered ways. The last answer, or `None` if we know none of them.
pub async fn run(
    wire: &mut Wire,
    offered: &[String],
    user: &str,
    password: &str,
    limit: Duration,
) -> io::Result<Option<Reply>> {
    let offers = |name: &str| offered.iter().any(|way| way == name);
    if offers("PLAIN") {
        let secret = BASE64.encode(format!("\0{user}\0{password}").as_bytes());
        let reply = wire.ask(&format!("AUTH PLAIN {secret}\r\n"), limit).await?;
        return Ok(Some(reply));
    }
    if !offers("LOGIN") {
        return Ok(None);
    }
    let mut reply = wire.ask("AUTH LOGIN\r\n", limit).await?;
    for answer in [user, password] {
        if reply.code != 334 {
            break;
        }
        let line = BASE64.encode(answer.as_bytes()) + "\r\n";
        reply = wire.ask(&line, limit).await?;
    }
    Ok(Some(reply))
}
