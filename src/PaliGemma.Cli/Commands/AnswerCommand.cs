using System.CommandLine;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma answer</c>: a question about the picture.</summary>
internal static class AnswerCommand
{
    public static Command Create()
    {
        Argument<string> image = PictureArgument.Single();
        Argument<string> question = new("QUESTION") { Description = "The question, in the language of the answer." };
        Option<string> language = LanguageOption.Create();
        Command command = new("answer", "Answer a question about a picture.") { image, question, language };
        new AnswerAction().AttachTo(
            command,
            parsed => [parsed.GetRequiredValue(image)],
            parsed => [new AnswerPrompt(parsed.GetRequiredValue(question), parsed.GetRequiredValue(language))]);
        return command;
    }
}
