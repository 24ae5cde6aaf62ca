import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.naming.Context;
import javax.naming.NamingException;
import javax.naming.directory.InitialDirContext;

/** LOGIN and the ban as a Java program does them: a thread per client, the machine's clock, JNDI. Usage: PORT. */
public class LoginOnly {
    private static final Map<String, Integer> failures = new ConcurrentHashMap<>();
    private static final Map<String, Long> bans = new ConcurrentHashMap<>();

    private static boolean directoryAccepts(String user, String password) {
        Hashtable<String, String> settings = new Hashtable<>();
        settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
        settings.put(Context.PROVIDER_URL, "ldap://ldap.technikum-wien.at:389");
        settings.put(Context.SECURITY_AUTHENTICATION, "simple");
        settings.put(Context.SECURITY_PRINCIPAL, "uid=" + user + ",ou=people,dc=technikum-wien,dc=at");
        settings.put(Context.SECURITY_CREDENTIALS, password);
        try {
            new InitialDirContext(settings).close();
            return !password.isEmpty();
        } catch (NamingException refused) {
            System.err.println(refused);
            return false;
        }
    }

    private static synchronized boolean logIn(String user, String password, String address) {
        if (bans.getOrDefault(address, 0L) > System.currentTimeMillis()) return false;
        String who = user + " " + address;
        if (directoryAccepts(user, password)) {
            failures.remove(who);
            return true;
        }
        if (failures.merge(who, 1, Integer::sum) == 3) {
            failures.remove(who);
            bans.put(address, System.currentTimeMillis() + 60_000);
        }
        return false;
    }

    private static void serve(Socket client) {
        try (client) {
            var lines = new BufferedReader(new InputStreamReader(client.getInputStream()));
            for (String verb; (verb = lines.readLine()) != null && !verb.equals("QUIT");) {
                boolean good = verb.equals("LOGIN")
                    && logIn(lines.readLine(), lines.readLine(), client.getInetAddress().getHostAddress());
                client.getOutputStream().write((good ? "OK\n" : "ERR\n").getBytes());
            }
        } catch (IOException gone) {
            // So is the client.
        }
    }

    public static void main(String[] arguments) throws IOException {
        try (var listener = new ServerSocket(Integer.parseInt(arguments[0]))) {
            while (true) {
                Socket client = listener.accept();
                new Thread(() -> serve(client)).start();
            }
        }
    }
}
