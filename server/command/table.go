package command

// commands is the command table, in the order of the help.
func commands() []command {
	return []command{
		serve(), demo(),
		partnerAdd(), partnerList(), partnerRotate(), partnerRevoke(),
		planAdd(), planList(), planRemove(),
		bikerShow(), bikerExport(), bikerDelete(), bikerBlock(), bikerUnblock(), bikerMove(),
		cleaningAdd(), cleaningShow(), cleaningList(), cleaningReopen(), cleaningDelete(),
		userShow(), userExport(), userDelete(), userBlock(), userUnblock(), userReactivate(),
		letterList(), letterShow(), letterRetry(), letterCancel(), letterHold(), letterRelease(),
		letterTest(), letterCheck(), letterPause(), letterResume(), letterTexts(),
		bounceCommand(), pushPeople(), events(),
		keyList(), keyRotate(), keyRetire(), keyNew(),
		backup(), restore(), check(), compact(), checkFile(), configCommand(),
		installCommand(), completion(), completeWords(), manCommand(), version(),
	}
}
