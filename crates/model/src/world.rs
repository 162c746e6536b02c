//! A world: devices, a server, whatever travels between them, and the copies that were made. What may happen next, and what follows.
//!
//! Owns the model that is checked. Never judges: that is `laws`.

use stateright::{Model, Property};

use crate::bounds::{Bounds, ClientCopy, ServerCopy};
use crate::client::{Client, Database, Sending, Standing};
use crate::flaw::Flaw;
use crate::laws;
use crate::message::{Ask, Request};
use crate::names::{ClientId, Device, Fresh, Key, Write};
use crate::server::{Mood, Server};

/// One state of everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    /// One, or two after cloning.
    pub clients: Vec<Client>,
    /// The one server.
    pub server: Server,
    /// Every request that changes something and was ever sent. It may arrive now, again, or never; so none is taken out.
    pub travelling: Vec<Request>,
    /// Numbers not yet given.
    pub fresh: Fresh,
    /// So many writes were made.
    pub written: u8,
    /// So often may the server still refuse.
    pub refusals: u8,
    /// An older copy of the client's database.
    pub client_copy: Slot<Database>,
    /// An older copy of the server's.
    pub server_copy: Slot<Server>,
    /// What whoever watches has seen.
    pub seen: Seen,
}

/// A copy that is made once and used once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Slot<T> {
    /// Not yet made.
    Empty,
    /// Made.
    Kept(Box<T>),
    /// Used, or never to be made.
    Spent,
}

/// What is remembered for the laws alone, as sets of writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    /// Took effect in whatever life of the server.
    pub effects: u8,
    /// The user had it sent again although nobody knew whether it had arrived.
    pub forced: u8,
    /// Took effect, and a restored server took it back.
    pub taken_back: u8,
    /// For each write, those that its database knew when it was made: what it comes after.
    pub after: [u8; 3],
}

/// What may happen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Happening {
    /// The user of a device writes.
    Write(Device),
    /// A device sends.
    Send(Device, Sending),
    /// A request arrives, for the first time or again.
    Arrive(Request, Mood),
    /// A read arrives.
    Read(Device, usize),
    /// An answer is heard: of which attempt, which of those on their way.
    Hear(Device, usize, usize),
    /// No answer came in time.
    GiveUp(Device, usize),
    /// The process dies and begins again.
    Crash(Device),
    /// The user accepts a restored server.
    AcceptServer(Device),
    /// The user tries a parked write again.
    Retry(Device, Write),
    /// The user lets a parked write be.
    Discard(Device, Write),
    /// The client's database is copied.
    CopyClient,
    /// The copy takes the place of the database.
    RestoreClient,
    /// The copy begins to live beside it.
    CloneClient,
    /// The server's database is copied.
    CopyServer,
    /// The copy takes the place of the database.
    RestoreServer,
}

impl World {
    /// Nothing has happened.
    pub fn new(bounds: &Bounds) -> Self {
        let server = Server::new();
        let epoch = bounds.knows_epoch.then_some(server.epoch);
        let mut world = Self {
            clients: vec![Client::on(Device(0), Database::new(epoch))],
            server,
            travelling: Vec::new(),
            fresh: Fresh {
                key: Key(1),
                client: ClientId(1),
            },
            written: 0,
            refusals: bounds.refusals,
            client_copy: match bounds.client {
                ClientCopy::Never => Slot::Spent,
                ClientCopy::Restored | ClientCopy::Cloned => Slot::Empty,
            },
            server_copy: match bounds.server {
                ServerCopy::Never => Slot::Spent,
                ServerCopy::RestoredInNewEpoch | ServerCopy::RestoredSilently => Slot::Empty,
            },
            seen: Seen::default(),
        };
        for _ in 0..bounds.at_once {
            world.happen(bounds, &Happening::Write(Device(0)));
        }
        world
    }

    /// What may happen that is nobody's fault: with only these, all must end well.
    pub fn steps(&self, bounds: &Bounds, happenings: &mut Vec<Happening>) {
        for client in &self.clients {
            let device = client.device;
            for (at, attempt) in client.memory.attempts.iter().enumerate() {
                happenings
                    .extend((0..attempt.answers.len()).map(|answer| Happening::Hear(device, at, answer)));
            }
            for (at, attempt) in client.memory.attempts.iter().enumerate() {
                match attempt.request.ask {
                    Ask::LookUp { .. } => happenings.push(Happening::Read(device, at)),
                    _ => happenings.push(Happening::Arrive(attempt.request.clone(), Mood::Apply)),
                }
            }
            let sends = client.sends(bounds);
            happenings.extend(sends.into_iter().map(|sending| Happening::Send(device, sending)));
        }
    }

    /// What users may do.
    pub fn choices(&self, happenings: &mut Vec<Happening>) {
        for client in &self.clients {
            let device = client.device;
            if client.database.halt == Some(crate::client::Halt::ServerRestored) {
                happenings.push(Happening::AcceptServer(device));
            }
            for row in &client.database.rows {
                let was_forced = self.seen.forced & row.write.bit() != 0;
                match row.standing {
                    Standing::Waiting => continue,
                    Standing::Uncertain { .. } if was_forced => {}
                    Standing::Rejected | Standing::Uncertain { .. } => {
                        happenings.push(Happening::Retry(device, row.write));
                    }
                }
                happenings.push(Happening::Discard(device, row.write));
            }
        }
    }

    /// What goes wrong.
    fn faults(&self, bounds: &Bounds, happenings: &mut Vec<Happening>) {
        let awaited: Vec<_> = self
            .clients
            .iter()
            .flat_map(|client| &client.memory.attempts)
            .map(|attempt| &attempt.request)
            .collect();
        for request in &self.travelling {
            // What is awaited may arrive without anything going wrong.
            if !awaited.contains(&request) {
                happenings.push(Happening::Arrive(request.clone(), Mood::Apply));
            }
            if matches!(request.ask, Ask::Apply { .. }) {
                if self.refusals > 0 {
                    happenings.push(Happening::Arrive(request.clone(), Mood::Refuse));
                }
                if bounds.failures {
                    happenings.push(Happening::Arrive(request.clone(), Mood::Fail));
                }
                if bounds.has(Flaw::RecordsAfterTheEffect) {
                    happenings.push(Happening::Arrive(request.clone(), Mood::ForgetToRecord));
                }
            }
        }
        for client in &self.clients {
            let attempts = client.memory.attempts.len();
            happenings.extend((0..attempts).map(|at| Happening::GiveUp(client.device, at)));
            // With one request under way, a crash forgets as much as giving up does.
            if bounds.crashes && attempts > 1 {
                happenings.push(Happening::Crash(client.device));
            }
        }
        match (&self.client_copy, bounds.client) {
            (Slot::Empty, _) => happenings.push(Happening::CopyClient),
            (Slot::Kept(_), ClientCopy::Cloned) => happenings.push(Happening::CloneClient),
            (Slot::Kept(_), _) => happenings.push(Happening::RestoreClient),
            (Slot::Spent, _) => {}
        }
        match &self.server_copy {
            Slot::Empty => happenings.push(Happening::CopyServer),
            Slot::Kept(_) => happenings.push(Happening::RestoreServer),
            Slot::Spent => {}
        }
    }

    fn client_mut(&mut self, device: Device) -> &mut Client {
        &mut self.clients[usize::from(device.0)]
    }

    /// Lets something happen.
    pub fn happen(&mut self, bounds: &Bounds, happening: &Happening) {
        let mut fresh = self.fresh;
        match happening {
            Happening::Write(device) => {
                let write = Write(self.written);
                self.written += 1;
                let client = self.client_mut(*device);
                let known = client.database.known();
                self.seen.after[usize::from(write.0)] = known;
                self.client_mut(*device).write(write, &mut fresh);
            }
            Happening::Send(device, sending) => {
                let request = self.client_mut(*device).send(bounds, sending, &mut fresh);
                self.travel(request);
            }
            Happening::Arrive(request, mood) => self.arrive(bounds, request, *mood),
            Happening::Read(device, attempt) => {
                let attempt = &self.clients[usize::from(device.0)].memory.attempts[*attempt];
                let request = attempt.request.clone();
                self.arrive(bounds, &request, Mood::Apply);
            }
            Happening::Hear(device, attempt, answer) => {
                self.client_mut(*device)
                    .hear(bounds, *attempt, *answer, &mut fresh);
            }
            Happening::GiveUp(device, attempt) => self.client_mut(*device).give_up(bounds, *attempt),
            Happening::Crash(device) => self.client_mut(*device).crash(),
            Happening::AcceptServer(device) => self.client_mut(*device).accept_server(),
            Happening::Retry(device, write) => {
                let row = self.client_mut(*device).database.row(*write);
                if row.is_some_and(|row| matches!(row.standing, Standing::Uncertain { .. })) {
                    self.seen.forced |= write.bit();
                }
                self.client_mut(*device).retry(*write, &mut fresh);
            }
            Happening::Discard(device, write) => self.client_mut(*device).discard(*write),
            Happening::CopyClient => {
                self.client_copy = Slot::Kept(Box::new(self.clients[0].database.clone()));
            }
            Happening::RestoreClient => {
                if let Slot::Kept(copy) = std::mem::replace(&mut self.client_copy, Slot::Spent) {
                    self.clients[0] = Client::on(Device(0), *copy);
                }
            }
            Happening::CloneClient => {
                if let Slot::Kept(copy) = std::mem::replace(&mut self.client_copy, Slot::Spent) {
                    self.clients.push(Client::on(Device(1), *copy));
                }
            }
            Happening::CopyServer => self.server_copy = Slot::Kept(Box::new(self.server.clone())),
            Happening::RestoreServer => self.restore_server(bounds),
        }
        self.fresh = fresh;
        if bounds.flaw.is_none() {
            self.forget_inert_requests();
        }
    }

    /// A request that changes nothing now, nor ever will, need not travel on: whoever still waits for its answer gets it all the same. It makes the world
    /// smaller by an order of magnitude, and rests on the rules of keys; so it is not done where one of them is broken.
    fn forget_inert_requests(&mut self) {
        let (server, copy) = (&self.server, &self.server_copy);
        self.travelling.retain(|request| {
            let is_inert_in_copy = match copy {
                Slot::Kept(copy) => copy.is_inert(request),
                Slot::Empty | Slot::Spent => true,
            };
            !(server.is_inert(request) && is_inert_in_copy)
        });
    }

    fn travel(&mut self, request: Request) {
        if matches!(request.ask, Ask::LookUp { .. }) {
            return;
        }
        if let Err(at) = self.travelling.binary_search(&request) {
            self.travelling.insert(at, request);
        }
    }

    /// The server handles a request; whoever waits for its answer may get it, some time.
    fn arrive(&mut self, bounds: &Bounds, request: &Request, mood: Mood) {
        let refused_before = self.server.refusals();
        let answer = self.server.handle(bounds, request, mood);
        if mood == Mood::Refuse && self.server.refusals() > refused_before {
            self.refusals -= 1;
        }
        for effect in &self.server.effects {
            self.seen.effects |= effect.write.bit();
        }
        let client = &mut self.clients[usize::from(request.device.0)];
        let waiting = client
            .memory
            .attempts
            .iter_mut()
            .find(|attempt| attempt.request == *request);
        if let Some(attempt) = waiting
            && let Err(at) = attempt.answers.binary_search(&answer)
        {
            attempt.answers.insert(at, answer);
        }
    }

    fn restore_server(&mut self, bounds: &Bounds) {
        let Slot::Kept(copy) = std::mem::replace(&mut self.server_copy, Slot::Spent) else {
            return;
        };
        let mixed_up = self.server.mixed_up;
        let before = std::mem::replace(&mut self.server, *copy);
        self.server.mixed_up |= mixed_up;
        if bounds.server == ServerCopy::RestoredInNewEpoch {
            self.server.epoch.0 += 1;
        }
        for effect in before.effects {
            if !self.server.effects.contains(&effect) {
                self.seen.taken_back |= effect.write.bit();
            }
        }
    }
}

impl Model for Bounds {
    type State = World;
    type Action = Happening;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self)]
    }

    fn actions(&self, world: &World, happenings: &mut Vec<Happening>) {
        if world.written < self.writes {
            happenings.extend(world.clients.iter().map(|client| Happening::Write(client.device)));
        }
        world.steps(self, happenings);
        world.choices(happenings);
        world.faults(self, happenings);
    }

    fn next_state(&self, world: &World, happening: Happening) -> Option<World> {
        let mut next = world.clone();
        next.happen(self, &happening);
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        laws::of(self)
    }
}
