import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.Properties;
import javax.naming.Context;
import javax.naming.NamingException;
import javax.naming.ldap.InitialLdapContext;
import javax.naming.ldap.StartTlsRequest;
import javax.naming.ldap.StartTlsResponse;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A right server as Java courses write it: a thread per client, JNDI with StartTLS. Usage: PORT SPOOL CA-FILE. */
public class Upright {
    private static Path spool;
    private static SSLContext trust;
    /** "until ADDRESS" and "failures USER ADDRESS", kept in a file. */
    private static final Properties attempts = new Properties();

    // The directory.

    private static boolean directoryAccepts(String user, String password) {
        var settings = new Hashtable<String, String>();
        settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
        settings.put(Context.PROVIDER_URL, "ldap://ldap.technikum-wien.at:389");
        settings.put("com.sun.jndi.ldap.connect.timeout", "5000");
        settings.put("com.sun.jndi.ldap.read.timeout", "5000");
        if (!isName(user) || password.isEmpty()) return false;
        InitialLdapContext directory = null;
        try {
            directory = new InitialLdapContext(settings, null);
            var tls = (StartTlsResponse) directory.extendedOperation(new StartTlsRequest());
            tls.negotiate(trust.getSocketFactory());
            directory.addToEnvironment(Context.SECURITY_AUTHENTICATION, "simple");
            String name = "uid=" + user + ",ou=people,dc=technikum-wien,dc=at";
            directory.addToEnvironment(Context.SECURITY_PRINCIPAL, name);
            directory.addToEnvironment(Context.SECURITY_CREDENTIALS, password.getBytes(StandardCharsets.ISO_8859_1));
            directory.reconnect(null);
            return true;
        } catch (NamingException | IOException refused) {
            System.err.println(refused);
            return false;
        } finally {
            try {
                if (directory != null) directory.close();
            } catch (NamingException gone) {
                // So is the directory.
            }
        }
    }

    private static boolean isName(String text) { return text.matches("[a-z0-9][a-z0-9._-]{0,31}"); }

    // Attempts: one at a time, so that no crowd gets more than three.

    private static synchronized boolean logIn(String user, String password, String address) throws IOException {
        String ban = "until " + address, who = "failures " + user + " " + address;
        if (Long.parseLong(attempts.getProperty(ban, "0")) > System.currentTimeMillis()) return false;
        boolean good = directoryAccepts(user, password);
        int failures = good ? 0 : Integer.parseInt(attempts.getProperty(who, "0")) + 1;
        attempts.setProperty(who, "" + failures % 3);
        if (failures == 3) attempts.setProperty(ban, "" + (System.currentTimeMillis() + 60_000));
        var text = new ByteArrayOutputStream();
        attempts.store(text, null);
        replace(spool.resolve("attempts"), text.toByteArray());
        return good;
    }

    private static void replace(Path path, byte[] data) throws IOException {
        Path beside = path.resolveSibling(path.getFileName() + "~");
        Files.write(beside, data);
        Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE);
    }

    // Mail: SPOOL/mail-USER/NUMBER; a number is never used again. Texts are bytes, each a character of ISO 8859-1.

    private static Path mailbox(String user) throws IOException {
        return Files.createDirectories(spool.resolve("mail-" + user));
    }

    private static List<Integer> numbers(String user) throws IOException {
        try (var entries = Files.list(mailbox(user))) {
            return new ArrayList<>(
                entries.map(entry -> entry.getFileName().toString()).filter(name -> name.matches("[0-9]+"))
                    .map(Integer::valueOf).sorted().toList());
        }
    }

    private static synchronized void deliver(String sender, String receiver, String subject, byte[] body)
        throws IOException {
        Path last = mailbox(receiver).resolve("last");
        int number = Files.exists(last) ? Integer.parseInt(Files.readString(last)) + 1 : 1;
        Files.writeString(last, "" + number);
        var mail = new ByteArrayOutputStream();
        mail.write(bytes(sender + "\n" + receiver + "\n" + subject + "\n"));
        mail.write(body);
        replace(mailbox(receiver).resolve("" + number), mail.toByteArray());
    }

    private static byte[] bytes(String text) { return text.getBytes(StandardCharsets.ISO_8859_1); }

    // One client.

    private static class Session {
        final BufferedInputStream input;
        final OutputStream output;
        final String address;
        String user;
        List<Integer> listed = new ArrayList<>();

        Session(Socket client) throws IOException {
            input = new BufferedInputStream(client.getInputStream(), 65536);
            output = client.getOutputStream();
            address = client.getInetAddress().getHostAddress();
        }

        byte[] rawLine() throws IOException {
            var text = new ByteArrayOutputStream();
            for (int next; (next = input.read()) != '\n';) {
                if (next < 0) throw new EOFException();
                text.write(next);
            }
            return text.toByteArray();
        }

        String line() throws IOException { return new String(rawLine(), StandardCharsets.ISO_8859_1); }

        void status(boolean good) throws IOException { output.write(bytes(good ? "OK\n" : "ERR\n")); }

        void send() throws IOException {
            String receiver = line(), subject = line();
            var body = new ByteArrayOutputStream();
            for (byte[] text; !((text = rawLine()).length == 1 && text[0] == '.');) {
                body.write(text);
                body.write('\n');
            }
            String characters = new String(bytes(subject), StandardCharsets.UTF_8);
            boolean good = user != null && isName(receiver) && characters.codePointCount(0, characters.length()) <= 80;
            if (good) deliver(user, receiver, subject, body.toByteArray());
            status(good);
        }

        void list() throws IOException {
            var reply = new StringBuilder();
            listed = numbers(user);
            for (int number : List.copyOf(listed)) {
                Path path = mailbox(user).resolve("" + number);
                try (var file = Files.newBufferedReader(path, StandardCharsets.ISO_8859_1)) {
                    file.readLine();
                    file.readLine();
                    // Not readLine(): that would end at a CR too.
                    for (int next; (next = file.read()) != '\n';) reply.append((char) next);
                    reply.append('\n');
                } catch (NoSuchFileException deleted) {
                    listed.remove((Integer) number);
                }
            }
            output.write(bytes(listed.size() + "\n" + reply));
        }

        void find(String verb, String position) throws IOException {
            if (user == null || !position.matches("[1-9][0-9]{0,8}")) { status(false); return; }
            int index = Integer.parseInt(position) - 1;
            int last = listed.isEmpty() ? 0 : listed.get(listed.size() - 1);
            if (index >= listed.size()) for (int number : numbers(user)) if (number > last) listed.add(number);
            Path path = index < listed.size() ? mailbox(user).resolve("" + listed.get(index)) : spool.resolve("none");
            try {
                if (verb.equals("DEL")) {
                    Files.delete(path);
                    status(true);
                } else {
                    byte[] mail = Files.readAllBytes(path);
                    status(true);
                    output.write(mail);
                    output.write(bytes(".\n"));
                }
            } catch (NoSuchFileException none) {
                status(false);
            }
        }

        void serve() throws IOException {
            for (String verb; !(verb = line()).equals("QUIT");) {
                switch (verb) {
                    case "LOGIN" -> {
                        String name = line(), password = line();
                        boolean good = user == null && logIn(name, password, address);
                        if (good) user = name;
                        status(good);
                    }
                    case "SEND" -> send();
                    case "READ", "DEL" -> find(verb, line());
                    case "LIST" -> { if (user != null) list(); else status(false); }
                    default -> status(false);
                }
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        spool = Files.createDirectories(Path.of(arguments[1]));
        if (Files.exists(spool.resolve("attempts")))
            try (var file = Files.newInputStream(spool.resolve("attempts"))) { attempts.load(file); }
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var file = Files.newInputStream(Path.of(arguments[2]))) {
            store.setCertificateEntry("directory", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        trust = SSLContext.getInstance("TLS");
        trust.init(null, managers.getTrustManagers(), null);
        try (var listener = new ServerSocket(Integer.parseInt(arguments[0]), 512)) {
            while (true) {
                Socket client = listener.accept();
                client.setTcpNoDelay(true);
                new Thread(() -> {
                    try (client) {
                        new Session(client).serve();
                    } catch (IOException gone) {
                        // So is the client.
                    }
                }).start();
            }
        }
    }
}
