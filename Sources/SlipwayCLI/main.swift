import ArgumentParser
import Crypto
import GRDB
import Hummingbird
import Logging
import Mustache
import NIOHTTP1
