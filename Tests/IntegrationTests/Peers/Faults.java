// What a JVM does by faults that it handles itself: null checks that are none, and the end of a thread's stack.
public class Faults {
    static int deeper(int depth) {
        return deeper(depth + 1) + 1;
    }

    public static void main(String[] arguments) throws InterruptedException {
        Object nothing = null;
        int faults = 0;
        for (int i = 0; i < 20000; i++) {
            try {
                nothing.hashCode();
            } catch (NullPointerException expected) {
                faults++;
            }
        }
        int[] overflows = {0};
        Thread thread = new Thread(() -> {
            try {
                deeper(0);
            } catch (StackOverflowError expected) {
                overflows[0]++;
            }
        });
        thread.start();
        thread.join();
        System.out.println(faults + " " + overflows[0]);
    }
}
