using System.CommandLine;
using System.Text;
using PaliGemma.Cli.Commands;

// Text in any script, also where the system's terminals are of an older age.
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
RootCommand root = new("PaliGemma on your own machine: caption, ask, read, detect and segment pictures.")
{
    DemoCommand.Create(),
    GenerateCommand.Create(),
    CaptionCommand.Create(),
    OcrCommand.Create(),
    AnswerCommand.Create(),
    DetectCommand.Create(),
    SegmentCommand.Create(),
    ConvertCommand.Create(),
    TokenizeCommand.Create(),
    BenchCommand.Create(),
    PullCommand.Create(),
    InspectCommand.Create(),
    CreateRandomCommand.Create(),
    DrawScenesCommand.Create(),
    CreateScenesCommand.Create(),
    ScoreScenesCommand.Create(),
    QuantizeCommand.Create(),
    QualityCommand.Create(),
    EvalCommand.Create(),
    ServeCommand.Create(),
};
return await CommandLine.RunAsync(root, args).ConfigureAwait(false);
