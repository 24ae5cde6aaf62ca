// A right server in C++17, or one with a fault that only C and C++ have: compiled with -DFAULT=NAME (faulty-cpp.txt).
//
//   g++ -std=c++17 -pthread [-DFAULT=NAME] faulty.cpp -lldap -llber; a.out PORT SPOOL
//
// A thread per client, a file per mail, libldap with StartTLS as students use it. Written for the suite's tests alone.
#include <arpa/inet.h>
#include <fcntl.h>
#include <ldap.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#define TEXT(name) #name
#define TEXT_OF(name) TEXT(name)
#ifndef FAULT
#define FAULT none
#endif

namespace fs = std::filesystem;
using std::string;

static constexpr bool on(std::string_view name) { return name == TEXT_OF(FAULT); }

static string spool;
static std::mutex mailGuard, loginGuard;

struct End {};  // of the input, or of the session

static bool isName(const string &text) {
    bool fits = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == string::npos;
    return fits && !text.empty() && text.size() <= 32 && isalnum(text[0]);
}

// --- the directory ---

static bool directoryAccepts(const string &user, const string &password) {
    LDAP *handle;
    int version = LDAP_VERSION3;
    timeval patience = {5, 0};
    if (!isName(user) || password.empty()) return false;
    if (ldap_initialize(&handle, "ldap://ldap.technikum-wien.at:389")) return false;
    ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version);
    ldap_set_option(handle, LDAP_OPT_NETWORK_TIMEOUT, &patience);
    ldap_set_option(handle, LDAP_OPT_TIMEOUT, &patience);
    string name = "uid=" + user + ",ou=people,dc=technikum-wien,dc=at";
    berval secret = {password.size(), const_cast<char *>(password.data())};
    int error = ldap_start_tls_s(handle, nullptr, nullptr);
    if (!error) error = ldap_sasl_bind_s(handle, name.c_str(), LDAP_SASL_SIMPLE, &secret, nullptr, nullptr, nullptr);
    ldap_unbind_ext_s(handle, nullptr, nullptr);
    return error == LDAP_SUCCESS;
}

// --- attempts and bans: SPOOL/bans has a line per address (until when) and per user and address (failures) ---

static std::map<string, long> bans, failures;

static void keepAttempts() {
    std::ofstream file(spool + "/bans~");
    for (auto &[address, until] : bans) file << "ban " << address << " " << until << "\n";
    for (auto &[who, count] : failures) file << "fail " << who << " " << count << "\n";
    file.close();
    fs::rename(spool + "/bans~", spool + "/bans");
}

static void loadAttempts() {
    std::ifstream file(spool + "/bans");
    for (string kind, who; file >> kind >> who;) file >> (kind == "ban" ? bans : failures)[who];
}

// One at a time: no crowd gets more than three.
static bool logIn(const string &user, const string &password, const string &address) {
    std::lock_guard<std::mutex> held(loginGuard);
    if (bans.count(address) && bans[address] > time(nullptr)) return false;
    string who = (isName(user) ? user : "?") + "@" + address;
    bool good = directoryAccepts(user, password);
    if (good) failures.erase(who);
    else if (++failures[who] == 3) {
        failures.erase(who);
        bans[address] = time(nullptr) + 60;
    }
    keepAttempts();
    return good;
}

// --- mail: SPOOL/mail-USER/NUMBER; a number is never used again ---

static string mailbox(const string &user) { return spool + "/mail-" + user; }

static std::vector<int> numbersOf(const string &user) {
    std::vector<int> numbers;
    if (!on("list-throws") && !fs::exists(mailbox(user))) return numbers;
    for (auto &entry : fs::directory_iterator(mailbox(user)))
        if (isdigit(entry.path().filename().string()[0])) numbers.push_back(stoi(entry.path().filename().string()));
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

static void deliver(const string &sender, const string &receiver, const string &subject, const string &body) {
    std::lock_guard<std::mutex> held(mailGuard);
    string folder = mailbox(receiver);
    int number = 0;
    fs::create_directories(folder);
    std::ifstream(folder + "/last") >> number;
    std::ofstream(folder + "/last") << ++number;
    std::ofstream(folder + "/new") << sender << "\n" << receiver << "\n" << subject << "\n" << body;
    fs::rename(folder + "/new", folder + "/" + std::to_string(number));
}

// --- one client ---

static string lastUser;                        // one-global-user
static string everybodysInput;                 // one-static-buffer

struct Session {
    int own, *shared;
    string address, loggedIn, input;
    std::vector<int> listed;

    int wire() { return on("socket-by-pointer") ? *shared : own; }
    string &user() { return on("one-global-user") ? lastUser : loggedIn; }
    string &buffer() { return on("one-static-buffer") ? everybodysInput : input; }

    void fill() {
        static thread_local char piece[65536];
        if (on("short-write")) {
            pollfd ready = {wire(), POLLIN, 0};
            poll(&ready, 1, -1);
        }
        ssize_t got = recv(wire(), piece, sizeof piece, 0);
        if (got <= 0) throw End();
        buffer().append(piece, got);
    }

    string line(size_t most = 65536) {
        for (size_t searched = 0;;) {
            size_t end = buffer().find('\n', std::min(searched, buffer().size()));
            if (end != string::npos) {
                string text = buffer().substr(0, end);
                buffer().erase(0, end + 1);
                return text;
            }
            if (buffer().size() > most) throw End();
            searched = buffer().size();
            fill();
        }
    }

    // Up to the line of a dot, with its line feeds.
    string body() {
        string text;
        for (size_t start = 0;;) {
            size_t end = buffer().find('\n', start);
            if (end == string::npos) {
                start = std::min(start, buffer().size());
                text.append(buffer(), 0, start);
                buffer().erase(0, start);
                // What is left is the beginning of a line: search on behind it.
                size_t searched = buffer().size();
                while ((end = buffer().find('\n', searched)) == string::npos) {
                    searched = buffer().size();
                    fill();
                }
                start = 0;
            }
            if (end - start == 1 && buffer()[start] == '.') {
                text.append(buffer(), 0, start);
                buffer().erase(0, end + 1);
                return text;
            }
            start = end + 1;
        }
    }

    void say(const string &reply) {
        if (on("short-write")) {
            if (write(wire(), reply.data(), reply.size()) < 0) throw End();
            return;
        }
        for (size_t sent = 0; sent < reply.size();) {
            ssize_t more = send(wire(), reply.data() + sent, reply.size() - sent, 0);
            if (more < 0) {
                if (on("sigpipe")) return;  // it does not look: the next write is the second
                throw End();
            }
            sent += more;
        }
    }
    void status(bool good) { say(good ? "OK\n" : "ERR\n"); }

    void sendMail() {
        string receiver = line(), subject = line();
        if (on("strtok-in-threads")) {
            string frame = receiver + "\n" + subject + "\n";
            receiver = strtok(frame.data(), "\n") ?: "";
            usleep(2000);  // what a lookup of the mailbox takes on a busy disk
            const char *next = strtok(nullptr, "\n");
            subject = next ? next : "";
        }
        if (on("sprintf-256")) {
            char note[256];
            sprintf(note, "%s sends to %s: %s\n", user().c_str(), receiver.c_str(), subject.c_str());
            fputs(note, stderr);
        }
        string text = body();
        long characters = std::count_if(subject.begin(), subject.end(), [](char c) { return (c & 0xc0) != 0x80; });
        bool control = std::any_of(subject.begin(), subject.end(), [](unsigned char c) { return c != '\t' && iscntrl(c); });
        bool good = !user().empty() && isName(receiver) && characters <= 80 && !control;
        if (good) deliver(user(), receiver, subject, text);
        status(good);
    }

    void list() {
        std::lock_guard<std::mutex> held(mailGuard);
        listed = numbersOf(user());
        std::stringstream reply;
        reply << listed.size() << "\n";
        for (int number : listed) {
            std::ifstream file(mailbox(user()) + "/" + std::to_string(number));
            string text;
            for (int i = 0; i < 3; i++) getline(file, text);
            reply << text << "\n";
        }
        say(reply.str());
    }

    // The path of a mail by its position in the last LIST, and beyond that in what has come since; "" without one.
    string find(const string &position) {
        bool digits = position.find_first_not_of("0123456789") == string::npos;
        if (position.empty() || !digits || position[0] == '0' || position.size() > 9) return "";
        if (size_t(stoi(position)) > listed.size() && fs::exists(mailbox(user())))
            for (int number : numbersOf(user()))
                if (listed.empty() || number > listed.back()) listed.push_back(number);
        if (size_t(stoi(position)) > listed.size())
            return on("filesystem-error") ? mailbox(user()) + "/" + position : "";
        return mailbox(user()) + "/" + std::to_string(listed[stoi(position) - 1]);
    }

    void readMail(const string &position) {
        string reply;
        {
            std::lock_guard<std::mutex> held(mailGuard);
            string path = find(position);
            if (on("filesystem-error") && !path.empty()) reply.reserve(fs::file_size(path));
            std::ifstream file(path);
            if (path.empty() || !file) return status(false);
            std::stringstream text;
            text << file.rdbuf();
            reply = "OK\n" + text.str() + ".\n";
        }
        say(reply);
    }

    void deleteMail(const string &position) {
        std::lock_guard<std::mutex> held(mailGuard);
        string path = find(position);
        status(!path.empty() && unlink(path.c_str()) == 0);
    }

    void command() {
        string verb = line();
        if (verb == "QUIT") throw End();
        if (verb == "LOGIN") {
            string name = line(), password = line();
            bool good = loggedIn.empty() && logIn(name, password, address);
            if (good) user() = loggedIn = name;
            status(good);
        } else if (verb == "SEND") sendMail();
        else if (verb == "READ" || verb == "DEL") {
            string position = line();
            if (user().empty()) status(false);
            else if (verb == "READ") readMail(position);
            else deleteMail(position);
        } else if (verb == "LIST" && !user().empty()) list();
        else status(false);
    }

    void run() {
        try {
            while (true) command();
        } catch (End) {
        }
        shutdown(wire(), SHUT_RDWR);
        if (!on("descriptor-per-session")) close(wire());
    }
};

int main(int, char **arguments) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1, version;
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(arguments[1]));
    spool = fs::absolute(arguments[2]);
    fs::create_directories(spool);
    loadAttempts();
    if (!on("sigpipe")) signal(SIGPIPE, SIG_IGN);
    // libldap reads its settings at its first call, which no two threads may make.
    ldap_get_option(nullptr, LDAP_OPT_PROTOCOL_VERSION, &version);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, reinterpret_cast<sockaddr *>(&address), sizeof address) || listen(listener, SOMAXCONN)) return 1;
    static int newSocket;
    while (true) {
        sockaddr_in peer;
        socklen_t length = sizeof peer;
        newSocket = accept(listener, reinterpret_cast<sockaddr *>(&peer), &length);
        if (newSocket < 0) continue;
        if (on("short-write")) fcntl(newSocket, F_SETFL, O_NONBLOCK);
        std::thread([session = Session{newSocket, &newSocket, inet_ntoa(peer.sin_addr), "", "", {}}]() mutable {
            session.run();
        }).detach();
    }
}
