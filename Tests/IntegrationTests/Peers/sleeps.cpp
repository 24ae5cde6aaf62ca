// What C++ makes of a wait: a thread that sleeps, a future and a condition that time out. Speaks as waits.c does.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <mutex>
#include <string>
#include <thread>

using namespace std::chrono_literals;

static int wait_by(const std::string &way) {
    bool banned = true;
    std::mutex mutex;
    std::condition_variable condition;
    std::unique_lock lock(mutex);
    if (way == "thread") {
        std::thread([&] {
            std::this_thread::sleep_for(60s);
            banned = false;
        }).join();
        return banned;
    }
    if (way == "future") {
        std::promise<int> promise;
        return promise.get_future().wait_for(60s) != std::future_status::timeout;
    }
    if (way == "condition") return condition.wait_for(lock, 60s) != std::cv_status::timeout;
    if (way == "predicate") return condition.wait_for(lock, 60s, [] { return false; });
    return -2;
}

int main(int, char **arguments) {
    auto began = std::chrono::steady_clock::now();
    std::puts("armed");
    std::fflush(stdout);
    int result = wait_by(arguments[1]);
    auto passed = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began);
    std::printf("%d %ld\n", result, (long)passed.count());
}
