/** What Java makes of a wait. Speaks as waits.c does. */
public class Sleeps {
    public static void main(String[] arguments) throws Exception {
        long began = System.currentTimeMillis();
        System.out.println("armed");
        Object object = new Object();
        switch (arguments[0]) {
            case "sleep": Thread.sleep(60_000); break;
            case "wait": synchronized (object) { object.wait(60_000); } break;
        }
        System.out.println("0 " + (System.currentTimeMillis() - began) / 1000);
    }
}
