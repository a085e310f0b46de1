using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using PaliGemma.Generation;
using PaliGemma.Server.Errors;
using PaliGemma.Tasks;

namespace PaliGemma.Server.Tasks;

/// <summary>What the requests of all tasks have in common.</summary>
internal abstract record TaskRequest
{
    protected const string DefaultLanguage = "en";

    [Description("The picture: a data URL ('data:image/png;base64,…'), or an address of a host that the server allows. In a form, a file.")]
    public string? Image { get; init; }

    [Description("One of /v1/models; the first one if not given.")]
    public string? Model { get; init; }

    [Description("Most tokens of the answer; if not given 256, or as many as the server allows if these are fewer.")]
    public int? MaxTokens { get; init; }

    [Description("0, the default, takes the most probable token; above it, logits are divided by it and a token is drawn.")]
    public float? Temperature { get; init; }

    [Description("Draws from this many most probable tokens only; 0 means all.")]
    public int? TopK { get; init; }

    [Description("Draws from the fewest most probable tokens whose probabilities reach this sum.")]
    public float? TopP { get; init; }

    [Description("Start of the random sequence; another one each time if not given.")]
    public ulong? Seed { get; init; }

    [Description("Whether the answer is sent while it is made, as server-sent events: start, text, object, done or error.")]
    public bool Stream { get; init; }

    /// <summary>What the model is asked.</summary>
    /// <exception cref="ArgumentException">A field is not what it should be.</exception>
    public abstract TaskPrompt ToPrompt();

    /// <summary>How the task is run.</summary>
    /// <param name="maxTokens">The most tokens of an answer that the server allows.</param>
    public virtual TaskOptions ToOptions(int maxTokens) => new() { Generation = ToGenerationOptions(maxTokens) };

    /// <exception cref="RequestException">The field is missing.</exception>
    protected static T Required<T>(T? value, string field)
        where T : class => value ?? throw new RequestException(StatusCodes.Status400BadRequest, $"The field '{field}' is missing.", field);

    private GenerationOptions ToGenerationOptions(int maxTokens)
    {
        GenerationOptions defaults = new();
        return new GenerationOptions
        {
            MaxNewTokens = MaxTokens ?? Math.Min(defaults.MaxNewTokens, maxTokens),
            Temperature = Temperature ?? defaults.Temperature,
            TopK = TopK ?? defaults.TopK,
            TopP = TopP ?? defaults.TopP,
            Seed = Seed,
        };
    }
}

/// <summary>Asks for a sentence about the picture.</summary>
internal sealed record CaptionRequest : TaskRequest
{
    [Description("The caption's language; 'en' if not given.")]
    public string? Language { get; init; }

    [Description("Which kind of caption; pre-trained checkpoints alone know other ones than 'caption'.")]
    [JsonConverter(typeof(CaptionStyleConverter))]
    public CaptionStyle Style { get; init; }

    public override TaskPrompt ToPrompt() => new CaptionPrompt(Language ?? DefaultLanguage, Style);
}

/// <summary>Asks for the text in the picture.</summary>
internal sealed record OcrRequest : TaskRequest
{
    public override TaskPrompt ToPrompt() => new OcrPrompt();
}

/// <summary>Asks a question about the picture.</summary>
internal sealed record AnswerRequest : TaskRequest
{
    [Description("The question, in the language of the answer.")]
    public string? Question { get; init; }

    [Description("The answer's language; 'en' if not given.")]
    public string? Language { get; init; }

    public override TaskPrompt ToPrompt() => new AnswerPrompt(Required(Question, "question"), Language ?? DefaultLanguage);
}

/// <summary>Asks in the words of a prompt.</summary>
internal sealed record GenerateRequest : TaskRequest
{
    [Description("The prompt as the model was trained on it, for instance 'caption en' or 'detect cat ; dog', or any words.")]
    public string? Prompt { get; init; }

    public override TaskPrompt ToPrompt() => TaskPrompt.Parse(Required(Prompt, "prompt"));
}

/// <summary>Asks for things in the picture.</summary>
internal abstract record ObjectRequest : TaskRequest
{
    [Description("What to look for. In a form, one field each, or several in one, separated by ';'.")]
    public IReadOnlyList<string>? Things { get; init; }

    [Description("Objects that overlap an earlier one of the same label by more than this intersection over union, 0 to 1, are left out.")]
    public float? MaxOverlap { get; init; }

    public override TaskOptions ToOptions(int maxTokens)
    {
        if (MaxOverlap is < 0 or > 1 or float.NaN)
        {
            throw new RequestException(StatusCodes.Status400BadRequest, $"The field 'max_overlap' lies from 0 to 1, not at {MaxOverlap}.", "max_overlap");
        }
        return base.ToOptions(maxTokens) with { DuplicateOverlap = MaxOverlap };
    }

    protected IReadOnlyList<string> RequiredThings() => ObjectPrompt.ReadThings(string.Join(';', Required(Things, "things")));
}

/// <summary>Asks for boxes around things.</summary>
internal sealed record DetectRequest : ObjectRequest
{
    public override TaskPrompt ToPrompt() => new DetectPrompt(RequiredThings());
}

/// <summary>Asks for the shapes of things.</summary>
internal sealed record SegmentRequest : ObjectRequest
{
    public override TaskPrompt ToPrompt() => new SegmentPrompt(RequiredThings());
}

/// <summary>The styles by the words that begin their prompts.</summary>
internal sealed class CaptionStyleConverter() : JsonStringEnumConverter<CaptionStyle>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);
