/**
 * What `<sync-status>` says, in German.
 *
 * Owns texts only; see `en.js`.
 *
 * @type {import("../status/shapes.js").Messages}
 */
export const german = {
  lang: "de",
  dir: "ltr",

  nothing: "",
  syncing: { one: "{count} Eintrag wird übertragen …", other: "{count} Einträge werden übertragen …" },
  offline: "Offline",
  offline_waiting: { one: "Offline · {count} wartet", other: "Offline · {count} warten" },
  failed: "Fehlgeschlagen. Tippen zum Wiederholen",
  sign_in: "Abgemeldet. Tippen zum Anmelden",
  server_restored: "Server wiederhergestellt. Ansehen",
  details: "Einzelheiten zur Übertragung",

  said_syncing: "Wird übertragen",
  said_arrived: "Alles ist angekommen",
  said_offline: "Offline. Was Sie schreiben, bleibt hier gespeichert",
  said_online: "Wieder online",
  said_failed: "Übertragung fehlgeschlagen",
  said_sign_in: "Übertragung angehalten: bitte neu anmelden",
  said_server_restored: "Übertragung angehalten: Der Server wurde aus einer Sicherung wiederhergestellt",

  title: "Übertragung",
  close: "Schließen",
  head_arrived: "Alles ist angekommen",
  head_syncing: "Ihre Einträge werden übertragen",
  head_offline: "Offline",
  head_failed: "Hier werden Sie gebraucht",
  head_stopped: "Die Übertragung ist angehalten",
  hint_arrived: "Auf diesem Gerät wartet nichts.",
  hint_by_choice: "Sie arbeiten offline. Was Sie schreiben, bleibt auf diesem Gerät gespeichert.",
  hint_unreachable:
    "Der Server ist nicht erreichbar. Was Sie schreiben, bleibt auf diesem Gerät und wird von selbst übertragen.",
  hint_failed: "Was unten steht, wurde nicht angenommen. Es bleibt, bis Sie entscheiden.",
  hint_sign_in: "Ihre Sitzung ist abgelaufen. Was wartet, bleibt erhalten und wird übertragen, sobald Sie sich anmelden.",
  hint_server_restored:
    "Der Server kam aus einer Sicherung zurück. Was wartet, bleibt erhalten: Sehen Sie es durch und machen Sie dann mit dem Server weiter, wie er jetzt ist.",
  sent: "{done} von {total} übertragen",
  uploaded: "{done} von {total} hochgeladen",
  next_attempt_s: { one: "Nächster Versuch in {count} s", other: "Nächster Versuch in {count} s" },
  next_attempt_min: { one: "Nächster Versuch in {count} min", other: "Nächster Versuch in {count} min" },
  next_attempt_now: "Nächster Versuch jeden Moment",

  list_failed: { one: "{count} braucht Sie", other: "{count} brauchen Sie" },
  list_uploads: { one: "{count} Datei", other: "{count} Dateien" },
  list_waiting: { one: "{count} wartet", other: "{count} warten" },
  more: { one: "und {count} weiterer", other: "und {count} weitere" },

  sign_in_now: "Anmelden",
  accept_server: "Mit diesem Server weitermachen",
  sync_now: "Jetzt versuchen",
  retry_all: "Alle wiederholen",
  retry: "Wiederholen",
  edit: "Bearbeiten",
  discard: "Verwerfen",
  save: "Speichern und senden",
  cancel: "Abbrechen",
  keep: "Behalten",
  edit_label: "Text von: {title}",
  work_offline: "Offline arbeiten",
  work_offline_hint: "Solange das an ist, wird nichts übertragen.",

  discard_question: "Endgültig verwerfen?",
  discard_alone: "Es ist nur auf diesem Gerät gespeichert.",
  discard_unsure: "Vielleicht ist es schon angekommen. Dann wird es zurückgenommen.",
  discard_along: {
    one: "Was davon abhängt, geht mit. {count} weiterer Eintrag wartet darauf:",
    other: "Was davon abhängt, geht mit. {count} weitere Einträge warten darauf:",
  },

  state_waiting: "Noch nicht an der Reihe",
  state_blocked: "Wartet auf etwas davor",
  state_late: "Wartet auf etwas Fehlgeschlagenes",
  state_ready: "Bereit",
  state_in_flight: "Unterwegs",
  attempts: { one: "{count} Versuch", other: "{count} Versuche" },

  why_rejected: "Der Server hat es abgelehnt: {detail}",
  why_changed: "Es wurde inzwischen anderswo geändert. Ein neuer Versuch ersetzt, was jetzt dort steht.",
  why_exhausted: {
    one: "Es wurde einmal versucht und schlug fehl: {detail}",
    other: "Es wurde {count}-mal versucht und schlug fehl. Zuletzt: {detail}",
  },
  why_uncertain: "Vielleicht ist es schon angekommen: {detail}. Nur wiederholen, wenn es fehlt.",
  why_unreadable: "Diese Version der App kann es nicht lesen: {detail}. Aktualisieren Sie die App, oder verwerfen Sie es.",

  "post.create": "Beitrag",
  "post.update": "Änderung eines Beitrags",
  "post.delete": "Löschung eines Beitrags",
  "comment.create": "Kommentar",
  "comment.update": "Änderung eines Kommentars",
  "comment.delete": "Löschung eines Kommentars",
  "message.send": "Nachricht",
  "message.delete": "Löschung einer Nachricht",
  "post.like": "„Gefällt mir“",
  "post.unlike": "„Gefällt mir“ zurückgenommen",
  "user.follow": "Folgen",
  "user.unfollow": "Nicht mehr folgen",
  "conversation.open": "Neue Unterhaltung",
  upload: "Datei",
  upload_image: "Bild",
  upload_video: "Video",
};
