//! The network: requests on their way, and their answers.
//!
//! Owns flights, and what stands between a device and the server. What becomes of each is drawn in [`super::fate`].

use bytes::Bytes;
use outrigger_engine::Event;
use outrigger_engine::event::Refreshed;
use outrigger_engine::http::{Answer, Body, HttpRequest, Response};
use outrigger_engine::ids::{AttemptId, ReadMark};
use outrigger_engine::time::Millis;
use outrigger_server::exchange::Request;
use outrigger_social::wire;

use super::fate::{Fate, Way};
use super::read::Reading;
use super::{Happening, World};
use crate::fault::Fault;
use crate::invariant::Checked;

/// Requests kept for whoever tries them under another name.
const OVERHEARD_MAX: usize = 40;

/// What a request is for.
#[derive(Debug, Clone)]
pub(super) enum Purpose {
    /// The engine's.
    Attempt(AttemptId),
    /// New tokens.
    Refresh,
    /// Somebody looks at something.
    Read(Reading, Option<ReadMark>),
}

/// A request on its way.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) device: usize,
    pub(super) host: usize,
    /// When the process was started that made it: another one does not hear of it.
    pub(super) started_ms: i64,
    pub(super) purpose: Purpose,
    request: Request,
    token: Option<String>,
    way: Way,
    is_answered: bool,
}

impl World<'_> {
    /// The engine's request leaves.
    pub(super) fn send(
        &mut self,
        d: usize,
        h: usize,
        attempt: AttemptId,
        request: HttpRequest,
        timeout: Millis,
    ) -> Checked {
        self.watch_sending(d, h, &request)?;
        let Some(body) = self.body(d, &request.body) else {
            return self.cannot_send(d, h, attempt);
        };
        let mut sent = Request::new(request.method.as_str(), request.path);
        for (name, value) in request.headers {
            sent = sent.header(&name, value);
        }
        sent.body = body;
        self.note(format_args!(
            "  {d}.{h} -> send {} {} {} {:?} {}",
            attempt.0,
            sent.method,
            sent.url,
            sent.headers,
            shown(&sent)
        ));
        let flight = self.depart(d, h, Purpose::Attempt(attempt), sent, timeout.0);
        if let Some(host) = self.devices[d].hosts[h].as_mut() {
            host.in_flight.insert(attempt, flight);
        }
        Ok(())
    }

    /// The bytes that are sent; `None` where they are in a file that is not there, as when only the database was put back.
    fn body(&self, d: usize, body: &Body) -> Option<Bytes> {
        match body {
            Body::Empty => Some(Bytes::new()),
            Body::Bytes(bytes) => Some(Bytes::copy_from_slice(bytes)),
            Body::FilePart { file, offset, length } => {
                let bytes = self.devices[d].files.get(file)?;
                let (from, length) = (*offset as usize, *length as usize);
                bytes.get(from..from + length).map(Bytes::copy_from_slice)
            }
        }
    }

    fn cannot_send(&mut self, d: usize, h: usize, attempt: AttemptId) -> Checked {
        self.note(format_args!(
            "  {d}.{h} -> cannot send {}: its file is not there",
            attempt.0
        ));
        let request = Request::new("PATCH", "/nowhere");
        let flight = self.depart(d, h, Purpose::Attempt(attempt), request, 1);
        if let Some(flight) = self.flights.get_mut(&flight) {
            flight.way.fate = Fate::Lost;
        }
        if let Some(host) = self.devices[d].hosts[h].as_mut() {
            host.in_flight.insert(attempt, flight);
        }
        Ok(())
    }

    /// A request leaves a device.
    pub(super) fn depart(
        &mut self,
        d: usize,
        h: usize,
        purpose: Purpose,
        request: Request,
        timeout_ms: i64,
    ) -> u64 {
        self.serial += 1;
        let id = self.serial;
        self.count("requests");
        self.devices[d].departures += 1;
        let mut way = if self.is_healed {
            Way::plain(self.plan.latency_ms)
        } else {
            Way::draw(self.plan, d, self.devices[d].departures)
        };
        way.fate = self.honest(way.fate, &purpose, &request);
        if matches!(way.fate, Fate::Refused { .. }) {
            self.remember_refused(d, &request);
        }
        if way.fate != Fate::Plain {
            self.count("faults of the network");
            self.note(format_args!("  {d}.{h} fate {:?}", way.fate));
        }
        let device = &self.devices[d];
        let started_ms = device.hosts[h].as_ref().map_or(0, |host| host.started_ms);
        let token = device
            .session
            .as_ref()
            .map(|session| session.access_token.clone())
            .filter(|_| !matches!(purpose, Purpose::Refresh));
        let is_online = device.is_online;
        self.flights.insert(
            id,
            Flight {
                device: d,
                host: h,
                started_ms,
                purpose,
                request,
                token,
                way,
                is_answered: false,
            },
        );
        self.after(
            timeout_ms,
            Happening::Returns {
                flight: id,
                answer: unreached("no answer in time"),
            },
        );
        if !is_online {
            self.struck(Fault::Offline);
            self.unreachable(id, "no network");
            return id;
        }
        way.fate.fault().into_iter().for_each(|fault| self.struck(fault));
        if way.is_delayed {
            self.struck(Fault::Delayed);
        }
        match way.fate {
            Fate::Lost => self.unreachable(id, "the connection broke"),
            Fate::Error { after: false, .. }
            | Fate::Refused { .. }
            | Fate::Busy { .. }
            | Fate::Alien { after: false, .. } => {
                if let Some(answer) = self.made_up(way.fate, None) {
                    self.after(
                        way.there_ms + way.back_ms,
                        Happening::Returns { flight: id, answer },
                    );
                }
            }
            _ => self.after(
                way.there_ms,
                Happening::Arrives {
                    flight: id,
                    is_copy: false,
                },
            ),
        }
        if matches!(way.fate, Fate::Twice { .. }) {
            self.after(
                way.there_ms + way.again_ms,
                Happening::Arrives {
                    flight: id,
                    is_copy: true,
                },
            );
        }
        id
    }

    /// A fate that no honest network or server would deal is none: a refusal is made up only for a write that never left before.
    fn honest(&mut self, fate: Fate, purpose: &Purpose, request: &Request) -> Fate {
        let keys = keys(request);
        let is_new = !keys.is_empty() && keys.iter().all(|key| !self.keys.contains(key));
        self.keys.extend(keys);
        let is_patch = request.method == "PATCH" && request.path().starts_with("/v1/uploads/");
        match (fate, purpose) {
            (Fate::Refused { .. }, Purpose::Attempt(_)) if is_new => fate,
            (Fate::Refused { .. }, _) => Fate::Plain,
            (Fate::Cut { .. }, _) if !is_patch => Fate::Plain,
            _ => fate,
        }
    }

    /// What is refused may be tried again in another's words, and nobody hears that it was: it is merged with what changes it.
    fn remember_refused(&mut self, d: usize, request: &Request) {
        let device = &mut self.devices[d];
        for key in keys(request) {
            let key = key.trim_matches('"');
            let mut things = device.ledger.things.iter();
            let refused = things.find(|(_, thing)| {
                thing
                    .writes
                    .iter()
                    .any(|written| written.mutation.to_string() == key)
            });
            device.was_refused.extend(refused.map(|(id, _)| *id));
        }
    }

    fn unreachable(&mut self, flight: u64, why: &str) {
        let Some(one) = self.flights.get(&flight) else {
            return;
        };
        // Otherwise only the time-out tells.
        if one.way.breaks_loudly {
            let delay_ms = one.way.there_ms;
            let answer = unreached(why);
            self.after(delay_ms, Happening::Returns { flight, answer });
        }
    }

    /// A request is at the server.
    pub(super) fn arrives(&mut self, id: u64, is_copy: bool) -> Checked {
        let Some(flight) = self.flights.get(&id) else {
            return Ok(());
        };
        let (d, way) = (flight.device, flight.way);
        let mut request = flight.request.clone();
        let token = flight.token.clone();
        if let Fate::Cut { share } = way.fate {
            let length = request.body.len() * usize::from(share) / 1_000;
            request.body = request.body.slice(..length);
        }
        if !self.backend.is_up() {
            self.unreachable(id, "nobody is there");
            return Ok(());
        }
        let response = self.backend.call(self.now_ms, token.as_deref(), &request);
        self.take_effects()?;
        if response.as_ref().is_some_and(|response| response.is_success()) {
            self.overhear(d, &request);
        }
        let Some(response) = response else {
            self.struck(Fault::ServerKilled);
            self.server_died();
            self.unreachable(id, "the connection broke");
            return Ok(());
        };
        self.note(format_args!(
            "  server: {} {} = {}",
            request.method, request.url, response.status
        ));
        self.watch_answer(&response)?;
        if response.status == 401 && self.plan.strength(Fault::Expiry) > 0.0 {
            self.struck(Fault::Expiry);
        }
        let is_deaf = self.devices[d].one_way_until > self.now_ms;
        if is_deaf {
            self.struck(Fault::OneWay);
        }
        let is_heard = match way.fate {
            Fate::Twice { hears_second } => is_copy == hears_second,
            _ => true,
        };
        if !is_heard {
            return Ok(());
        }
        if is_deaf || matches!(way.fate, Fate::AnswerLost | Fate::Cut { .. }) {
            self.unreachable(id, "the connection broke");
            return Ok(());
        }
        let answer = self
            .made_up(way.fate, Some(&response))
            .unwrap_or(Answer::Response(response));
        self.after(way.back_ms, Happening::Returns { flight: id, answer });
        Ok(())
    }

    pub(super) fn server_died(&mut self) {
        self.note(format_args!("the server died"));
        self.count("deaths of the server");
        self.after(1_500, Happening::ServerStarts);
    }

    fn overhear(&mut self, d: usize, request: &Request) {
        if request.header_value("idempotency-key").is_some() && request.path() != "/v1/batch" {
            if self.overheard.len() == OVERHEARD_MAX {
                self.overheard.remove(0);
            }
            self.overheard.push((d, request.clone()));
        }
    }

    /// An answer is back, or will not come.
    pub(super) fn returns(&mut self, id: u64, answer: Answer) -> Checked {
        let Some(flight) = self.flights.get_mut(&id) else {
            return Ok(());
        };
        if std::mem::replace(&mut flight.is_answered, true) {
            return Ok(());
        }
        let (d, h, started_ms, purpose) = (
            flight.device,
            flight.host,
            flight.started_ms,
            flight.purpose.clone(),
        );
        let lives = self.devices[d].hosts[h]
            .as_ref()
            .is_some_and(|host| host.started_ms == started_ms);
        if !lives {
            return Ok(());
        }
        match purpose {
            Purpose::Attempt(attempt) => {
                let is_awaited = self.devices[d].hosts[h]
                    .as_mut()
                    .is_some_and(|host| host.in_flight.remove(&attempt).is_some());
                if !is_awaited {
                    return Ok(());
                }
                let pause_ms = match &answer {
                    Answer::Response(response) => self.asked_pause_ms(d, response),
                    Answer::Unreached { .. } => None,
                };
                let asked_at_ms = self.now_ms;
                self.handle(d, h, vec![Event::Answered { attempt, answer }])?;
                let is_same = |host: &crate::device::Host| host.started_ms == started_ms;
                if let Some(pause_ms) = pause_ms
                    && self.devices[d].hosts[h].as_ref().is_some_and(is_same)
                {
                    self.note_pause(d, h, asked_at_ms + pause_ms);
                }
                Ok(())
            }
            Purpose::Refresh => self.refreshed(d, h, id, &answer),
            Purpose::Read(reading, began) => self.have_read(d, h, reading, began, answer),
        }
    }

    /// The session is to be renewed: by one process at a time, as the lock of the native host has it.
    pub(super) fn refresh(&mut self, d: usize, h: usize) {
        self.note(format_args!("  {d}.{h} -> refresh"));
        if let Some(host) = self.devices[d].hosts[h].as_mut() {
            host.waits_for_refresh = true;
        }
        if self.devices[d].refresh.is_some() {
            return;
        }
        let Some(session) = &self.devices[d].session else {
            self.tell_refreshed(d, h, Refreshed::InvalidGrant);
            return;
        };
        let request = Request::new("POST", "/v1/sessions/refresh").json(&wire::Refresh {
            refresh_token: session.refresh_token.clone(),
        });
        let flight = self.depart(d, h, Purpose::Refresh, request, 30_000);
        self.devices[d].refresh = Some(flight);
    }

    fn refreshed(&mut self, d: usize, h: usize, flight: u64, answer: &Answer) -> Checked {
        if self.devices[d].refresh != Some(flight) {
            return Ok(());
        }
        self.devices[d].refresh = None;
        let outcome = match answer {
            Answer::Response(response) => match response.json::<wire::Session>() {
                Ok(session) if response.status == 200 => {
                    self.devices[d].hold(session);
                    Refreshed::Renewed
                }
                _ if is_invalid_grant(response) => Refreshed::InvalidGrant,
                _ => Refreshed::Failed,
            },
            Answer::Unreached { .. } => Refreshed::Failed,
        };
        let waiting: Vec<_> = (0..2)
            .filter(|other| {
                *other != h
                    && self.devices[d].hosts[*other]
                        .as_ref()
                        .is_some_and(|host| host.waits_for_refresh)
            })
            .collect();
        for other in waiting {
            self.tell_refreshed(d, other, outcome);
        }
        if let Some(host) = self.devices[d].hosts[h].as_mut() {
            host.waits_for_refresh = false;
        }
        self.handle(d, h, vec![Event::Refreshed(outcome)])
    }

    pub(super) fn goes_offline(&mut self, d: usize, for_ms: i64, is_noticed: bool) -> Checked {
        self.devices[d].is_online = false;
        self.after(for_ms, Happening::NetworkIsBack { device: d });
        self.tell_network(d, false, is_noticed)
    }

    pub(super) fn network_is_back(&mut self, d: usize) -> Checked {
        let was_online = std::mem::replace(&mut self.devices[d].is_online, true);
        self.tell_network(d, true, !was_online)
    }

    fn tell_network(&mut self, d: usize, is_up: bool, is_noticed: bool) -> Checked {
        for h in 0..2 {
            if is_noticed {
                self.handle(d, h, vec![Event::Network(is_up)])?;
            }
        }
        Ok(())
    }

    /// Requests that somebody still waits for.
    pub(super) fn open_flights(&self) -> usize {
        let lives = |flight: &&Flight| {
            let host = self.devices[flight.device].hosts[flight.host].as_ref();
            !flight.is_answered && host.is_some_and(|host| host.started_ms == flight.started_ms)
        };
        self.flights.values().filter(lives).count()
    }
}

fn unreached(reason: &str) -> Answer {
    Answer::Unreached {
        reason: reason.to_owned(),
    }
}

fn is_invalid_grant(response: &Response) -> bool {
    let is_typed = |problem: wire::Problem| problem.r#type == "urn:outrigger:problem:invalid-grant";
    response.status == 400 && response.json::<wire::Problem>().is_ok_and(is_typed)
}

/// A request's body for the trace.
fn shown(request: &Request) -> String {
    let is_json = request
        .header_value("content-type")
        .is_some_and(|value| value.contains("json"));
    if is_json {
        String::from_utf8_lossy(&request.body).into_owned()
    } else {
        format!("{} bytes", request.body.len())
    }
}

/// The idempotency keys that a request carries, its own or those of a batch.
fn keys(request: &Request) -> Vec<String> {
    if let Some(key) = request.header_value("idempotency-key") {
        return vec![key.to_owned()];
    }
    if request.path() != "/v1/batch" {
        return Vec::new();
    }
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let items = body["requests"].as_array().cloned().unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item["headers"]["idempotency-key"].as_str())
        .map(str::to_owned)
        .collect()
}
