/// How the HTML report looks, in light and in dark, on a screen and on paper.

import Results
import Transcript

enum HTMLStyle {
    /// The class of a mark.
    static func name(_ mark: ClauseCell.Mark) -> String {
        switch mark {
        case .crash: "crash"
        case .fail: "fail"
        case .unexpectedPass: "upass"
        case .expectedFailure: "xfail"
        case .differs: "differs"
        case .adapted: "adapted"
        case .pass: "pass"
        case .notTested: "untested"
        case .notReached: "unreached"
        }
    }

    static let text = """
        :root { color-scheme: light dark; --line: light-dark(#ccc, #444); --soft: light-dark(#555, #aaa);
          --code: light-dark(#f5f5f2, #222); --page: light-dark(#fff, #161616); }
        body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; max-width: 76rem;
          background: var(--page); }
        h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; }
        table { border-collapse: collapse; } th { text-align: left; }
        code, pre, .talk { font-family: ui-monospace, monospace; font-size: 13px; }
        .summary th, .summary td { padding: .3rem 1rem .3rem 0; vertical-align: top; overflow-wrap: anywhere; }
        .summary thead th, .summary td:nth-child(2), .summary td:nth-child(3) { white-space: nowrap; }
        .summary thead th { color: var(--soft); font-weight: normal; }
        .legend { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; }
        .legend .m { display: inline-block; width: 1.6em; text-align: center; border-radius: 3px; }
        .matrix { width: 100%; } .matrix td, .matrix th { border-top: 1px solid var(--line); padding: .25rem .5rem; }
        .matrix thead th { position: sticky; top: 0; background: var(--page); vertical-align: bottom; border-top: 0; }
        .matrix thead div { min-width: 4rem; max-width: 10rem; overflow-wrap: break-word; }
        .matrix th[scope=row] { white-space: nowrap; vertical-align: top; }
        .matrix .level th { padding-top: 1.4rem; color: var(--soft); letter-spacing: .06em; }
        .rule { width: 100%; } .rule code, .clause code { background: var(--code); white-space: pre-wrap; }
        td.m { text-align: center; font-weight: bold; vertical-align: middle; border-left: 1px solid var(--line); }
        td.m a { display: block; color: inherit; text-decoration: underline; }
        .pass { background: light-dark(#d8f0d8, #1d4023); } .fail { background: light-dark(#f6b8b4, #7c2320); }
        .crash { background: light-dark(#8e1b17, #c4302b); color: #fff; }
        .differs, .adapted { background: light-dark(#d5e3f7, #23395c); } .xfail { background: light-dark(#fae3b0, #5a4512); }
        .upass { background: light-dark(#f0c8ef, #5c2359); } .untested { background: light-dark(#e6e6e6, #383838); }
        .unreached { color: var(--soft); }
        section { display: grid; grid-template-columns: minmax(14rem, 1fr) minmax(0, 2.4fr); gap: 2rem;
          border-top: 1px solid var(--line); padding: .5rem 0 1.5rem; }
        section:target { outline: 3px solid light-dark(#e0a100, #c99000); outline-offset: .6rem; }
        .clause > * { position: static; } .clause h3 { margin: .6rem 0; } .clause small { color: var(--soft); }
        article + article { border-top: 1px dashed var(--line); }
        h4 { margin: .6rem 0 .2rem; overflow-wrap: anywhere; } article p { margin: .3rem 0; }
        .verdict { color: light-dark(#a3211c, #ff8a80); }
        .talk { width: 100%; background: var(--code); margin: .6rem 0; }
        .talk td { padding: .1rem .6rem; vertical-align: top; overflow-wrap: anywhere; white-space: pre-wrap; }
        .talk td:first-child { color: var(--soft); text-align: right; width: 2.5rem; }
        .talk td:nth-child(2) { width: 5rem; white-space: nowrap; color: var(--soft); }
        .talk .sent td:nth-child(3) { color: light-dark(#0b4a8f, #8ec3ff); }
        .talk .world td, .talk .event td { font-style: italic; }
        .talk .note td { border-top: 0; } .talk .wrong td { color: light-dark(#a3211c, #ff8a80); font-weight: bold; }
        .fact { color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
        .log { background: var(--code); padding: .5rem .6rem; white-space: pre-wrap; overflow-wrap: anywhere; margin: .4rem 0; }
        .untested dt { font-weight: bold; margin-top: .8rem; } dl.untested { background: none; }
        dl.untested dd { font-family: ui-monospace, monospace; font-size: 13px; }
        @media (max-width: 50rem) { section { grid-template-columns: minmax(0, 1fr); gap: 0; } }
        @media print { .matrix thead th { position: static; } td.m, .m { print-color-adjust: exact; } }
        """
}
