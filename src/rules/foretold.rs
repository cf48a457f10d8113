//! What Meta tells of a Messenger line (edited, taken back, reacted to, delivered) may come before the
//! line, twice, and in any order: whatever the order, the same comes of it.

use casella_index::model::*;

/// Adds what came to what was known; gives whether that says anything new.
pub fn add(known: &mut MidNote, new: MidNote) -> bool {
    let before = known.clone();
    if let Some(edit) = new.edit
        && known
            .edit
            .as_ref()
            .is_none_or(|old| rank(old) < rank(&edit))
    {
        known.edit = Some(edit);
    }
    known.unsent |= new.unsent;
    known.delivered |= new.delivered;
    for (who, reaction) in new.reactions {
        let old = known.reactions.entry(who).or_default();
        *old = (*old).clone().max(reaction);
    }
    *known != before
}

/// Tells it of the line itself; gives whether that changed anything.
pub fn tell(message: &mut Message, note: &MidNote) -> bool {
    let before = message.clone();
    let facts = message.messenger.get_or_insert_default();
    facts.unsent |= note.unsent;
    for (who, reaction) in &note.reactions {
        react(facts, who, reaction);
    }
    if let Some(edit) = &note.edit
        && (facts.edits, facts.edited_at) < rank(edit)
    {
        (facts.edits, facts.edited_at) = rank(edit);
        message.body = edit.body.clone();
        message.snippet = edit.snippet.clone();
    }
    let state = &mut message.delivery.state;
    if note.delivered && *state == DeliveryState::Sent {
        *state = DeliveryState::Delivered;
    }
    *message != before
}

fn rank(edit: &MidEdit) -> (u32, Millis) {
    (edit.count, edit.at)
}

fn react(facts: &mut MessengerFacts, who: &str, reaction: &MidReaction) {
    let known = MidReaction {
        at: facts.reacted_at.get(who).copied().unwrap_or_default(),
        emoji: facts.reactions.get(who).cloned(),
    };
    if known >= *reaction {
        return;
    }
    facts.reacted_at.insert(who.to_owned(), reaction.at);
    match &reaction.emoji {
        Some(emoji) => facts.reactions.insert(who.to_owned(), emoji.clone()),
        None => facts.reactions.remove(who),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(count: u32, at: Millis, text: &str) -> MidNote {
        MidNote {
            edit: Some(MidEdit {
                count,
                at,
                body: Body::Inline(text.into()),
                snippet: text.into(),
            }),
            ..MidNote::default()
        }
    }

    fn reaction(at: Millis, emoji: Option<&str>) -> MidNote {
        let reaction = MidReaction {
            at,
            emoji: emoji.map(str::to_owned),
        };
        MidNote {
            reactions: [("visitor".to_owned(), reaction)].into(),
            ..MidNote::default()
        }
    }

    fn unsent() -> MidNote {
        MidNote {
            unsent: true,
            ..MidNote::default()
        }
    }

    /// Every order of these.
    fn orders(notes: &[MidNote]) -> Vec<Vec<MidNote>> {
        if notes.is_empty() {
            return vec![Vec::new()];
        }
        let first = |n: usize| {
            let mut rest = notes.to_vec();
            let one = rest.remove(n);
            orders(&rest).into_iter().map(move |mut order| {
                order.insert(0, one.clone());
                order
            })
        };
        (0..notes.len()).flat_map(first).collect()
    }

    #[test]
    fn any_order_before_and_after_the_line_gives_the_same_line() {
        let notes = [
            edit(1, 10, "once"),
            edit(2, 20, "twice"),
            reaction(30, Some("😢")),
            reaction(40, None),
            reaction(50, Some("❤")),
            unsent(),
        ];
        for order in orders(&notes) {
            for early in 0..=order.len() {
                let mut known = MidNote::default();
                for note in &order[..early] {
                    add(&mut known, note.clone());
                    assert!(!add(&mut known, note.clone()), "twice is once");
                }
                let mut line = Message::default();
                tell(&mut line, &known);
                for note in &order[early..] {
                    tell(&mut line, note);
                    assert!(!tell(&mut line, note), "twice is once");
                }
                let facts = line.messenger.unwrap();
                assert_eq!(line.snippet, "twice");
                assert_eq!(facts.reactions["visitor"], "❤");
                assert!(facts.unsent);
            }
        }
    }

    #[test]
    fn a_reaction_taken_back_stays_so_when_it_comes_late() {
        let mut line = Message::default();
        tell(&mut line, &reaction(40, None));
        assert!(!tell(&mut line, &reaction(30, Some("😢"))));
        assert!(line.messenger.unwrap().reactions.is_empty());
    }
}
