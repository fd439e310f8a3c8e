// Package sdktest checks both ends of weir's model calls against code that weir's authors did not write: the official Go SDKs of
// OpenAI (also for Azure), Anthropic, Google and AWS call the simulator, and what they send is compared with what weir's drivers
// send for the same prompt.
//
// It is a module of its own, so that the SDKs and what they need are no dependencies of weir. It has only tests.
package sdktest
