using System.CommandLine;
using PaliGemma.Cli.Commands;

RootCommand root = new("PaliGemma on your own machine: caption, ask, read, detect and segment pictures.")
{
    GenerateCommand.Create(),
    CaptionCommand.Create(),
    OcrCommand.Create(),
    AnswerCommand.Create(),
    DetectCommand.Create(),
    SegmentCommand.Create(),
    TokenizeCommand.Create(),
    BenchCommand.Create(),
    PullCommand.Create(),
};
return await CommandLine.RunAsync(root, args).ConfigureAwait(false);
