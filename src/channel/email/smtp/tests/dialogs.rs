//! Every dialog, word for word.

use super::{
    client::Client,
    desk::{config, start},
    dialog::{self, Rigour},
};
use crate::channel::email::smtp::Limits;

#[tokio::test]
async fn every_dialog_goes_as_written() {
    let mut astray = Vec::new();
    for dialog in dialog::all() {
        let mut config = config(Limits::default());
        dialog.configure(&mut config);
        let receiver = start(config).await;
        let client = Client::connect(receiver.address).await;
        if let Err(at) = dialog
            .play(client, &receiver.desk.kept, Rigour::Words)
            .await
        {
            let (name, line) = (&dialog.name, at.line);
            astray.push(format!(
                "{name}:{line}: expected {:?}, got {:?}",
                at.expected, at.got
            ));
        }
    }
    assert!(astray.is_empty(), "\n{}", astray.join("\n"));
}
