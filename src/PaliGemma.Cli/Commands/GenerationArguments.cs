using System.CommandLine;
using PaliGemma.Generation;

namespace PaliGemma.Cli.Commands;

/// <summary>The options that choose how tokens are chosen and how the answer is printed.</summary>
internal sealed class GenerationArguments
{
    private readonly Option<int> _maxNewTokens = new("--max-new-tokens")
    {
        Description = "Most tokens to generate for one picture.",
        DefaultValueFactory = _ => new GenerationOptions().MaxNewTokens,
        CustomParser = NumberParser.Create<int>(value => value >= 1, "a whole number of at least 1"),
        HelpName = "N",
    };

    private readonly Option<float> _temperature = new("--temperature")
    {
        Description = "0 takes the most probable token; larger values draw more freely.",
        CustomParser = NumberParser.Create<float>(value => value >= 0 && float.IsFinite(value), "a number of at least 0"),
        HelpName = "T",
    };

    private readonly Option<int> _topK = new("--top-k")
    {
        Description = "Draw from the K most probable tokens; 0 means all.",
        CustomParser = NumberParser.Create<int>(value => value >= 0, "a whole number of at least 0"),
        HelpName = "K",
    };

    private readonly Option<float> _topP = new("--top-p")
    {
        Description = "Draw from the most probable tokens that sum to P.",
        DefaultValueFactory = _ => 1,
        CustomParser = NumberParser.Create<float>(value => value is > 0 and <= 1, "a number above 0 and at most 1"),
        HelpName = "P",
    };

    private readonly Option<ulong?> _seed = new("--seed")
    {
        Description = "Start of the random sequence.",
        CustomParser = result => NumberParser.Create<ulong>(_ => true, "a whole number of at least 0")(result),
        HelpName = "S",
    };

    private readonly Option<int> _beams = new("--num-beams")
    {
        Description = "Hypotheses that beam search keeps; 1 is no beam search.",
        DefaultValueFactory = _ => 1,
        CustomParser = NumberParser.Create<int>(value => value >= 1, "a whole number of at least 1"),
        HelpName = "B",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per line instead of text." };

    public void AddTo(Command command)
    {
        command.Options.Add(_maxNewTokens);
        command.Options.Add(_temperature);
        command.Options.Add(_topK);
        command.Options.Add(_topP);
        command.Options.Add(_seed);
        command.Options.Add(_beams);
        command.Options.Add(_json);
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    public GenerationOptions Read(ParseResult parsed)
    {
        parsed.RefuseUnless(
            parsed.GetValue(_temperature) > 0, "has no effect at temperature 0, where nothing is drawn", _topK, _topP, _seed);
        GenerationOptions options = new()
        {
            MaxNewTokens = parsed.GetValue(_maxNewTokens),
            Temperature = parsed.GetValue(_temperature),
            TopK = parsed.GetValue(_topK),
            TopP = parsed.GetValue(_topP),
            Seed = parsed.GetValue(_seed),
            BeamCount = parsed.GetValue(_beams),
        };
        options.Validate();
        return options;
    }
}
