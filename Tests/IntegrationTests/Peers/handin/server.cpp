// TW-Mailer Pro, server.   usage: ./twmailer-server <port> <mail-spool-directoryname>
//
// One thread per client. A mail is a file: <spool>/<user>/<number>.txt with sender, receiver, subject and text.
#include <arpa/inet.h>
#include <ldap.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

namespace fs = std::filesystem;

const int BUF = 65536;
const int MAX_MESSAGE = 1024;
const int MAX_ATTEMPTS = 3;
const int BLACKLIST_SECONDS = 60;
const std::string LDAP_URI = "ldap://ldap.technikum-wien.at:389";
const std::string LDAP_BASE = "ou=people,dc=technikum-wien,dc=at";

std::string spoolDirectory;
std::mutex spoolMutex;

// Everything we know about one connected client.
struct Client {
    int socket;
    std::string ip;
    std::string username;
    int failedLogins = 0;
    time_t blockedUntil = 0;
};

void sendText(const Client &client, const std::string &text) {
    size_t sent = 0;
    while (sent < text.size()) {
        ssize_t n = send(client.socket, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) return;
        sent += n;
    }
}

// ---------------------------------------------------------------- LDAP

bool ldapLogin(const std::string &username, const std::string &password) {
    if (username.empty() || password.empty()) return false;

    LDAP *handle;
    if (ldap_initialize(&handle, LDAP_URI.c_str()) != LDAP_SUCCESS) {
        std::cerr << "ldap_init failed" << std::endl;
        return false;
    }
    int version = LDAP_VERSION3;
    ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version);

    int rc = ldap_start_tls_s(handle, NULL, NULL);
    if (rc != LDAP_SUCCESS) {
        std::cerr << "ldap_start_tls_s: " << ldap_err2string(rc) << std::endl;
        ldap_unbind_ext_s(handle, NULL, NULL);
        return false;
    }

    std::string dn = "uid=" + username + "," + LDAP_BASE;
    BerValue credentials;
    credentials.bv_val = (char *)password.c_str();
    credentials.bv_len = password.size();
    rc = ldap_sasl_bind_s(handle, dn.c_str(), LDAP_SASL_SIMPLE, &credentials, NULL, NULL, NULL);
    ldap_unbind_ext_s(handle, NULL, NULL);
    return rc == LDAP_SUCCESS;
}

// ---------------------------------------------------------------- commands

void handleLogin(Client &client, std::stringstream &lines) {
    std::string username, password;
    std::getline(lines, username);
    std::getline(lines, password);

    if (time(NULL) < client.blockedUntil) {
        sendText(client, "ERR\n");
        return;
    }
    if (ldapLogin(username, password)) {
        client.username = username;
        client.failedLogins = 0;
        sendText(client, "OK\n");
        return;
    }
    client.failedLogins++;
    if (client.failedLogins >= MAX_ATTEMPTS) {
        client.blockedUntil = time(NULL) + BLACKLIST_SECONDS;
        client.failedLogins = 0;
        std::lock_guard<std::mutex> lock(spoolMutex);
        std::ofstream blacklist("blacklist.txt", std::ios::app);
        blacklist << client.ip << " " << client.blockedUntil << std::endl;
    }
    sendText(client, "ERR\n");
}

int countMails(const std::string &mailbox) {
    int count = 0;
    for (const auto &entry : fs::directory_iterator(mailbox))
        if (entry.path().extension() == ".txt") count++;
    return count;
}

bool validName(const std::string &name) {
    for (char c : name)
        if (!isalnum((unsigned char)c)) return false;
    return !name.empty() && name.size() <= 32;
}

void handleSend(Client &client, std::stringstream &lines) {
    std::string receiver, subject, line, message;
    std::getline(lines, receiver);
    std::getline(lines, subject);
    while (std::getline(lines, line) && line != ".") message += line + "\n";

    if (!validName(receiver) || subject.size() > 80) {
        sendText(client, "ERR\n");
        return;
    }

    char text[MAX_MESSAGE];
    snprintf(text, MAX_MESSAGE, "%s", message.c_str());

    std::lock_guard<std::mutex> lock(spoolMutex);
    std::string mailbox = spoolDirectory + "/" + receiver;
    fs::create_directories(mailbox);
    std::ofstream file(mailbox + "/" + std::to_string(countMails(mailbox) + 1) + ".txt");
    file << client.username << "\n" << receiver << "\n" << subject << "\n" << text;
    file.close();
    sendText(client, file ? "OK\n" : "ERR\n");
}

void handleList(Client &client) {
    std::lock_guard<std::mutex> lock(spoolMutex);
    std::string mailbox = spoolDirectory + "/" + client.username;
    std::string subjects;
    int count = 0;
    for (const auto &entry : fs::directory_iterator(mailbox)) {
        std::ifstream file(entry.path());
        std::string sender, receiver, subject;
        std::getline(file, sender);
        std::getline(file, receiver);
        std::getline(file, subject);
        subjects += subject + "\n";
        count++;
    }
    sendText(client, std::to_string(count) + "\n" + subjects);
}

std::string mailPath(const Client &client, const std::string &number) {
    return spoolDirectory + "/" + client.username + "/" + std::to_string(std::stoi(number)) + ".txt";
}

void handleRead(Client &client, std::stringstream &lines) {
    std::string number;
    std::getline(lines, number);
    std::string path = mailPath(client, number);

    std::lock_guard<std::mutex> lock(spoolMutex);
    std::ifstream file(path);
    if (!file) {
        sendText(client, "ERR\n");
        return;
    }
    std::stringstream content;
    content << file.rdbuf();
    sendText(client, "OK\n" + content.str());
}

void handleDel(Client &client, std::stringstream &lines) {
    std::string number;
    std::getline(lines, number);
    std::string path = mailPath(client, number);

    std::lock_guard<std::mutex> lock(spoolMutex);
    sendText(client, fs::remove(path) ? "OK\n" : "ERR\n");
}

// ---------------------------------------------------------------- one client

bool endsWithDot(const std::string &data) {
    return data.size() >= 3 && data.compare(data.size() - 3, 3, "\n.\n") == 0;
}

void clientThread(Client client) {
    static thread_local char buffer[BUF];
    sendText(client, "Welcome to TW-Mailer Pro! Please login first.\n");

    while (true) {
        ssize_t n = recv(client.socket, buffer, BUF, 0);
        if (n <= 0) break;
        std::string data(buffer, n);

        // A long message does not fit into one buffer.
        while (data.rfind("SEND\n", 0) == 0 && !endsWithDot(data)) {
            n = recv(client.socket, buffer, BUF, 0);
            if (n <= 0) break;
            data.append(buffer, n);
        }
        if (n <= 0) break;

        std::stringstream lines(data);
        std::string command;
        std::getline(lines, command);

        if (command == "QUIT") break;
        if (command == "LOGIN") handleLogin(client, lines);
        else if (client.username.empty()) sendText(client, "ERR\n");
        else if (command == "SEND") handleSend(client, lines);
        else if (command == "LIST") handleList(client);
        else if (command == "READ") handleRead(client, lines);
        else if (command == "DEL") handleDel(client, lines);
        else sendText(client, "ERR\n");
    }
    close(client.socket);
    std::cout << client.ip << " disconnected" << std::endl;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        std::cerr << "usage: " << argv[0] << " <port> <mail-spool-directoryname>" << std::endl;
        return EXIT_FAILURE;
    }
    spoolDirectory = argv[2];
    fs::create_directories(spoolDirectory);

    // Fails early when the library is missing, and makes its first call before there are threads.
    int version;
    ldap_get_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version);
    std::cout << "LDAP library speaks version " << version << std::endl;

    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int reuse = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = INADDR_ANY;
    address.sin_port = htons(atoi(argv[1]));
    if (bind(listener, (sockaddr *)&address, sizeof(address)) == -1 || listen(listener, 5) == -1) {
        perror("bind/listen");
        return EXIT_FAILURE;
    }
    std::cout << "waiting for connections on port " << argv[1] << std::endl;

    while (true) {
        sockaddr_in peer;
        socklen_t length = sizeof(peer);
        int clientSocket = accept(listener, (sockaddr *)&peer, &length);
        if (clientSocket == -1) continue;
        Client client;
        client.socket = clientSocket;
        client.ip = inet_ntoa(peer.sin_addr);
        std::thread(clientThread, client).detach();
    }
}
