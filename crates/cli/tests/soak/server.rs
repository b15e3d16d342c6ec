//! The server process that steps start where they need settings or sinks that `hanotify serve` doesn't have:
//!
//!     soak serve SOCKET [routers=N] [total-ms=N] [block-ms=N] [fail-every=N] [panic-every=N]

use std::io::{self, Stdout};
use std::thread::sleep;
use std::time::Duration;

use hanotify::server::{Config, Server};
use hanotify::sink::{Event, EventSink, JsonLines, Refusal, SinkError};

/// Serves until SIGTERM, with JSON lines on standard output.
pub(crate) fn serve(args: &[String]) {
    let (socket, settings) = args.split_first().unwrap();
    let setting = |name: &str| {
        let found = settings.iter().find_map(|setting| setting.strip_prefix(name)?.strip_prefix('='));
        found.map(|value| value.parse::<u32>().unwrap())
    };
    let mut config = Config::new(socket);
    if let Some(routers) = setting("routers") {
        config = config.with_expected_routers(routers);
    }
    if let Some(total) = setting("total-ms") {
        config = config.with_total_time(Duration::from_millis(total.into()));
    }
    let mut server = Server::bind(config).unwrap();
    server.stop_on_signals().unwrap();
    let mut lines = JsonLines::new(io::stdout());
    lines.listening(server.socket(), server.backlog()).unwrap();
    // A panic that is meant needs no words.
    std::panic::set_hook(Box::new(|_| {}));
    let moody = Moody {
        lines,
        block: setting("block-ms").map(|ms| Duration::from_millis(ms.into())),
        fail_every: setting("fail-every"),
        panic_every: setting("panic-every"),
        seen: 0,
    };
    server.run(moody).unwrap();
}

/// A sink that blocks on its first event, and then now and then fails or panics, before it writes anything.
struct Moody {
    lines: JsonLines<Stdout>,
    block: Option<Duration>,
    fail_every: Option<u32>,
    panic_every: Option<u32>,
    seen: u32,
}

impl EventSink for Moody {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        self.seen += 1;
        if let Some(block) = self.block.take() {
            sleep(block);
        }
        let is_due = |every: Option<u32>| every.is_some_and(|every| self.seen.is_multiple_of(every));
        assert!(!is_due(self.panic_every), "as asked");
        if is_due(self.fail_every) {
            return Err(SinkError::failed("as asked"));
        }
        self.lines.notified(event)
    }

    fn refused(&mut self, refusal: Refusal) {
        self.lines.refused(refusal);
    }
}
