/// One element of HTML or XML, and the one place where text is escaped for either.

struct Element {
    let name: String
    var attributes: [(name: String, value: String)]
    let content: [Content]
    /// Each part of the content stands on lines of its own; otherwise all of it on the element's line.
    let isBlock: Bool

    enum Content: ExpressibleByStringInterpolation {
        case element(Element)
        /// Escaped when it is written.
        case text(String)
        /// Ours, written as it is.
        case verbatim(String)

        init(stringLiteral text: String) { self = .text(text) }
    }

    enum Syntax { case html, xml }

    /// Without content it has no end tag (HTML: `br`, `meta`); with an empty text it has one.
    init(_ name: String, with attributes: KeyValuePairs<String, String> = [:], mixed content: [Content] = []) {
        self.init(name, attributes, content, isBlock: false)
    }

    init(_ name: String, with attributes: KeyValuePairs<String, String> = [:], _ text: String) {
        self.init(name, attributes, [.text(text)], isBlock: false)
    }

    init(_ name: String, with attributes: KeyValuePairs<String, String> = [:], _ children: [Element]) {
        self.init(name, attributes, children.map { .element($0) }, isBlock: false)
    }

    init(block name: String, with attributes: KeyValuePairs<String, String> = [:], _ children: [Element]) {
        self.init(name, attributes, children.map { .element($0) }, isBlock: true)
    }

    init(block name: String, with attributes: KeyValuePairs<String, String> = [:], verbatim text: String) {
        self.init(name, attributes, [.verbatim(text)], isBlock: true)
    }

    private init(_ name: String, _ attributes: KeyValuePairs<String, String>, _ content: [Content], isBlock: Bool) {
        (self.name, self.content, self.isBlock) = (name, content, isBlock)
        self.attributes = attributes.map { ($0.key, $0.value) }
    }

    // MARK: Writing

    /// Lines of text; in XML each block indents what is in it.
    func lines(_ syntax: Syntax, depth: Int = 0) -> [String] {
        let margin = String(repeating: "  ", count: syntax == .xml ? depth : 0)
        guard isBlock, !content.isEmpty else { return [margin + line(syntax)] }
        let inner = content.flatMap { part in
            if case .element(let child) = part {
                child.lines(syntax, depth: depth + 1)
            } else {
                [Element.line(part, syntax)]
            }
        }
        return [margin + opening + ">"] + inner + [margin + "</\(name)>"]
    }

    private func line(_ syntax: Syntax) -> String {
        if content.isEmpty { return opening + (syntax == .xml ? "/>" : ">") }
        return "\(opening)>\(content.map { Element.line($0, syntax) }.joined())</\(name)>"
    }

    private static func line(_ part: Content, _ syntax: Syntax) -> String {
        switch part {
        case .element(let child): child.line(syntax)
        case .text(let text): escaped(text)
        case .verbatim(let text): text
        }
    }

    private var opening: String {
        "<\(name)" + attributes.map { " \($0.name)=\"\(Element.escaped($0.value))\"" }.joined()
    }

    // MARK: Text

    /// Fits between tags and inside attributes of either quote. Control characters and non-characters, which XML 1.0
    /// has no way to write, are shown as \xHH.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            default:
                if isLegal(scalar) {
                    result.unicodeScalars.append(scalar)
                } else {
                    let hex = String(scalar.value, radix: 16)
                    result += "\\x" + (hex.count < 2 ? "0" : "") + hex
                }
            }
        }
        return result
    }

    private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0: false
        case 0x202a...0x202e, 0x2066...0x2069: false  // they turn the text around them
        default: scalar.value & 0xfffe != 0xfffe
        }
    }

    /// Our own sentences: what stands between two backticks is code.
    static func prose(_ text: String) -> [Content] {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
        guard parts.count % 2 == 1 else { return [.text(text)] }
        return parts.enumerated().map { index, part in
            index % 2 == 1 ? .element(Element("code", part)) : .text(part)
        }
    }
}
