package command

// commands is the command table, in the order of the help.
func commands() []command {
	return []command{
		serve(), demo(),
		cleaningAdd(), cleaningShow(), cleaningList(), cleaningDelete(),
		userShow(), userDelete(), userBlock(), userUnblock(), userReactivate(),
		letterList(), letterShow(), letterRetry(), letterPause(), letterResume(),
		events(), check(), checkFile(), config(), version(),
	}
}
