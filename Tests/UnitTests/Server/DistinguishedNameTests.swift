/// No user's name can change the distinguished name it stands in: checked by libldap's own parser.

import LDAPBind
import Testing

private let people = "uid=%u,ou=people,dc=technikum-wien,dc=at"

private let hostile: [String] = [
    "alice", "if23b001", "a.b_c-d", "root,ou=svc", "a+cn=b", "#0405", " lead", "trail ", "  ", "quo\"te", "back\\slash",
    "semi;colon", "<angle>", "equal=sign", "ünïcode", "日本", "\\2c", "%u", "*", ")(uid=*",
]

@Suite struct DistinguishedNameTests {
    @Test(arguments: hostile) func `a name comes out of the directory's parser as it went in`(user: String) throws {
        let template = try #require(DistinguishedNameTemplate(people))
        let values = try #require(attributeValues(of: template.filled(with: Array(user.utf8))))
        #expect(values == [user, "people", "technikum-wien", "at"].map { Array($0.utf8) })
    }

    @Test func `every single byte comes out as it went in`() throws {
        let template = try #require(DistinguishedNameTemplate(people))
        for byte in UInt8.min ... .max {
            let values = try #require(attributeValues(of: template.filled(with: [byte])), "byte \(byte)")
            #expect(values.first == [byte])
            #expect(values.count == 4)
        }
    }

    @Test func `an ordinary name is not changed`() throws {
        let template = try #require(DistinguishedNameTemplate(people))
        let name = String(decoding: template.filled(with: Array("if23b001".utf8)), as: UTF8.self)
        #expect(name == "uid=if23b001,ou=people,dc=technikum-wien,dc=at")
    }

    @Test func `the user may stand in a template more than once`() throws {
        let template = try #require(DistinguishedNameTemplate("cn=%u,uid=%u+sn=x,dc=at"))
        #expect(
            String(decoding: template.filled(with: Array("bob".utf8)), as: UTF8.self) == "cn=bob,uid=bob+sn=x,dc=at")
    }

    @Test(arguments: [
        "", "%u", "uid=alice,dc=at", "uid=%u,,dc=at", "uid=\"%u\",dc=at", "uid=#%u,dc=at", "%u=x,dc=at",
        "uid=%u\0,dc=at",
    ])
    func `a template in which a user cannot be told apart is refused`(text: String) {
        #expect(DistinguishedNameTemplate(text) == nil)
    }
}
