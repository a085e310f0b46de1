using System.CommandLine;
using System.Reflection;
using PaliGemma.Cli.Commands;

namespace PaliGemma.Cli.Tests.Commands;

/// <summary>What all options of all commands have in common.</summary>
public class OptionTests
{
    /// <summary>The options that do not take any text, by command and name.</summary>
    public static TheoryData<string, string> Choosy =>
    [
        .. Commands().SelectMany(command => command.Options
            .Where(option => !Texts.Contains(option.ValueType) && option.Arity.MaximumNumberOfValues > 0)
            .Select(option => (command.Name, option.Name))),
    ];

    /// <summary>Flags among them: what follows one is no value of it.</summary>
    private static Type[] Texts => [typeof(string), typeof(string[]), typeof(bool)];

    [Theory]
    [MemberData(nameof(Choosy))]
    public void A_value_that_an_option_cannot_take_is_told_in_the_words_of_the_command_line(string command, string option)
    {
        ParseResult parsed = new RootCommand { Commands().Single(known => known.Name == command) }.Parse([command, option, "nonsense"]);
        string sentence = Assert.Single(
            parsed.Errors.Select(error => error.Message), message => message.Contains("nonsense", StringComparison.Ordinal));
        Assert.Contains(option, sentence, StringComparison.Ordinal);
        Assert.EndsWith("not 'nonsense'.", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--temperature", "0,7")]
    [InlineData("--top-p", "0,5")]
    public void A_comma_is_part_of_no_number(string option, string value)
    {
        ParseResult parsed = new RootCommand { GenerateCommand.Create() }.Parse(["generate", option, value]);
        Assert.Contains(parsed.Errors, error => error.Message.EndsWith($"not '{value}'.", StringComparison.Ordinal));
    }

    private static IEnumerable<Command> Commands() => typeof(CommandLine).Assembly.GetTypes()
        .Select(type => type.GetMethod("Create", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic, []))
        .Where(method => method?.ReturnType == typeof(Command))
        .Select(method => (Command)method!.Invoke(null, null)!);
}
