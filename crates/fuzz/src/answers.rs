//! What is answered to a device: to writes, alone or in batches, to uploads, look-ups, retirements and probes, and to reads.
//!
//! Owns the scenes in which answers come. Whoever answers may say anything; the device must stay whole, count right, lose nothing, and come to rest.

use outrigger_engine::http::{Answer, Response};
use outrigger_engine::ids::Sha256;
use outrigger_engine::{Event, StagedFile, Write};
use outrigger_social::id::{CommentId, ConversationId, PostId, UserId};
use outrigger_social::mutation::{Like, MediaFile};
use outrigger_social::{Mutation, Observation, comments, posts};

use crate::device::{self, Device, local};
use crate::messages::{self, Message};

/// Posts, comments, likes, a conversation: in batches, then alone.
pub fn to_writes(bytes: &[u8]) {
    let mut device = Device::new();
    let post = PostId(local(1));
    let user = UserId::of_server("usr_other");
    let writes = vec![
        posts::create(post, "one", Vec::new()),
        comments::create(CommentId(local(2)), post, "two"),
        posts::update(post, "three"),
        Mutation::Like(Like { post, liked: true }),
        posts::create(PostId(local(3)), "four", Vec::new()),
    ];
    device.write(writes.into_iter().map(Write::from).collect());
    device.write(vec![Write::from(Mutation::OpenConversation { user })]);
    tell(&mut device, bytes);
}

/// Two posts with a picture each, and one with both.
pub fn to_uploads(bytes: &[u8]) {
    let mut device = Device::new();
    let picture = |number: u8| StagedFile {
        sha256: Sha256::of(&[number]),
        file: format!("picture-{number}"),
        size: 1_000_000 * u64::from(number),
        media_type: "image/png".to_owned(),
    };
    for (number, files) in [
        (1, vec![picture(1)]),
        (2, vec![picture(2)]),
        (3, vec![picture(1), picture(2)]),
    ] {
        let media = files.iter().map(MediaFile::from).collect();
        let mutation = posts::create(PostId(local(number)), "with a picture", media);
        device.write(vec![Write {
            id: None,
            mutation,
            files,
        }]);
    }
    tell(&mut device, bytes);
}

/// The messages are answers, given to what is under way in turn, and words of the user in between.
fn tell(device: &mut Device, bytes: &[u8]) {
    for (number, message) in messages::read(bytes).into_iter().enumerate() {
        let event = match device.word(&message.first) {
            Some(event) => event,
            None => match heard(device, number, &message) {
                Some(event) => event,
                None => Event::Tick,
            },
        };
        device
            .handle(event)
            .expect("a healthy database takes whatever is answered");
        device.check();
    }
    device.silence().expect("a healthy database bears silence");
    device.check();
    device.check_whole();
}

/// `201`, or `201 last` for the newest request rather than the oldest, or `cut`.
fn heard(device: &Device, number: usize, message: &Message) -> Option<Event<outrigger_social::Social>> {
    let (status, which) = message.first.split_once(' ').unwrap_or((&message.first, ""));
    let mut open = device.open.keys().copied();
    let attempt = match which {
        "last" => open.next_back(),
        "next" => open.nth(number % 2),
        _ => open.next(),
    }?;
    let answer = match status.parse::<u16>() {
        Ok(status) => device::answer(status, &message.headers, &message.body),
        Err(_) => Answer::Unreached {
            reason: message.first.clone(),
        },
    };
    Some(Event::Answered { attempt, answer })
}

/// Pages and objects, read by every reader there is; what one of them takes goes into a device where something of the same is waiting.
pub fn to_reads(bytes: &[u8]) {
    let responses: Vec<Response> = messages::read(bytes)
        .iter()
        .filter_map(|message| {
            let status = message.first.parse().unwrap_or(200);
            match device::answer(status, &message.headers, &message.body) {
                Answer::Response(response) => Some(response),
                Answer::Unreached { .. } => None,
            }
        })
        .collect();
    let mut device = Device::new();
    let conversation = ConversationId(local(9));
    for (at, response) in responses.iter().enumerate() {
        let other = responses.get(at + 1).unwrap_or(response);
        let pages = [
            Observation::feed(response),
            Observation::thread(response, other),
            Observation::comments(response),
            Observation::profiles(response),
            Observation::conversations(response),
            Observation::messages(conversation, response),
        ];
        let observations = pages.into_iter().flatten().map(|read| read.observation).chain(
            [Observation::post(response), Observation::profile(response)]
                .into_iter()
                .flatten(),
        );
        for observation in observations {
            device
                .observe(observation)
                .expect("a healthy database takes whatever was read");
            device.check();
        }
    }
    device.write(vec![Write::from(Mutation::Like(Like {
        post: PostId(local(1)),
        liked: true,
    }))]);
    device.check();
    device.check_whole();
}
