//! A shop with the widget on it, and its visitors, in a real browser.

use super::browser::{click, ready, wait, write};
use fantoccini::Client;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

/// A site that carries the widget, on an origin of its own, whatever page of it is asked for.
pub fn site(casella: SocketAddr, language: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let page = format!(
        "<!doctype html><html lang={language}><title>Shop</title><h1>Shop</h1>\
         <style>iframe {{ display: none; opacity: 0 }}</style>\
         <script async src=\"http://{casella}/widget.js\"></script>"
    );
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = [0; 4_096];
            let _ = stream.read(&mut head);
            let size = page.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(format!("{head}{page}").as_bytes());
        }
    });
    format!("http://localhost:{}/", address.port())
}

/// Goes to the site and into the chat, which is opened if it was not.
pub async fn enter(visitor: &Client, site: &str) {
    visitor.goto(site).await.unwrap();
    let frame = wait(visitor, "//iframe").await;
    frame.enter_frame().await.unwrap();
    let shown = "//*[(@id='launcher' or @id='panel') and not(@hidden)]";
    if ready(visitor, shown).await.tag_name().await.unwrap() == "button" {
        click(visitor, "//button[normalize-space()='Chat']").await;
    }
}

/// Writes a line in the widget.
pub async fn say(visitor: &Client, text: &str) {
    write(visitor, "//textarea[@aria-label='Message']", text).await;
    click(visitor, "//button[@aria-label='Send']").await;
}
