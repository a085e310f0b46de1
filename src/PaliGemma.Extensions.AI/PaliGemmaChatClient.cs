using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Processing;
using PaliGemma.Tasks;

namespace PaliGemma.Extensions.AI;

/// <summary>
/// PaliGemma as a chat client: one message of the user's with pictures (<see cref="DataContent"/>) and a prompt (<see cref="TextContent"/>) goes in,
/// text comes out. The model holds no conversation, takes no instructions and calls no tools: what asks for that is refused.
/// </summary>
/// <remarks>
/// <para>Where the prompt asks for objects, for instance <c>detect cat</c>, <see cref="ChatResponse.RawRepresentation"/>, of a stream that of the
/// last update, is a <see cref="TaskOutput"/>, and the additional property <see cref="ObjectsProperty"/> has them as JSON.</para>
/// <para><see cref="ChatOptions.RawRepresentationFactory"/> may give <see cref="TaskOptions"/>, over which the other options go.</para>
/// <para>Any number of threads may use a client; their requests are decoded together.</para>
/// </remarks>
/// <example>
/// <code>
/// using PaliGemmaPipeline pipeline = PaliGemmaPipeline.Load(folder);
/// using IChatClient client = new PaliGemmaChatClient(pipeline);
/// DataContent picture = await DataContent.LoadFromAsync("car.jpg");
/// ChatResponse answer = await client.GetResponseAsync(new ChatMessage(ChatRole.User, [picture, new TextContent("caption en")]));
/// </code>
/// </example>
public sealed class PaliGemmaChatClient : IChatClient
{
    /// <summary>The additional property with the objects that were found: a <see cref="JsonElement"/>, an array of <see cref="ObjectRecord"/>.</summary>
    public const string ObjectsProperty = "objects";

    private readonly PaliGemmaPipeline _pipeline;
    private readonly PaliGemmaChatOptions _options;
    private readonly BatchScheduler _scheduler;
    private readonly ChatClientMetadata _metadata;

    /// <summary>Creates a client for a model, which others should then not use at the same time.</summary>
    /// <param name="pipeline">The model; not owned.</param>
    /// <param name="options">How to serve; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public PaliGemmaChatClient(PaliGemmaPipeline pipeline, PaliGemmaChatOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        _pipeline = pipeline;
        _options = options ?? new PaliGemmaChatOptions();
        _scheduler = new BatchScheduler(pipeline, _options.Batch, _options.ModelId);
        _metadata = new ChatClientMetadata("paligemma", defaultModelId: _options.ModelId);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The messages or options ask for what the model does not do.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="ModelFileException">A picture is damaged, too large or none.</exception>
    /// <exception cref="QueueFullException">As many requests wait as may.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
        {
            updates.Add(update);
        }
        ChatResponse response = updates.ToChatResponse();
        // Joining updates leaves the one out and gives the other to the message.
        response.RawRepresentation = updates[^1].RawRepresentation;
        response.AdditionalProperties = updates[^1].AdditionalProperties;
        return response;
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The messages or options ask for what the model does not do.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="ModelFileException">A picture is damaged, too large or none.</exception>
    /// <exception cref="QueueFullException">As many requests wait as may.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatOptionsReader.RefuseUnsupported(options, _options.ModelId);
        UserPrompt prompt = UserPrompt.Of(messages);
        TaskPrompt task = TaskPrompt.Parse(prompt.Text);
        TaskOptions taskOptions = ChatOptionsReader.Read(options, this);
        taskOptions = taskOptions with { MaskDecoder = taskOptions.MaskDecoder ?? _options.MaskDecoder };
        (RgbImage[] images, PaliGemmaInputs inputs) = await Task.Run(
            () =>
            {
                RgbImage[] decoded = prompt.DecodePictures();
                return (decoded, _pipeline.Processor.Process(decoded, task.Text));
            },
            cancellationToken).ConfigureAwait(false);
        string id = Guid.NewGuid().ToString("N");
        GeneratedTextBuilder text = new(_pipeline.Tokenizer, options?.StopSequences?.AsReadOnly());
        using BatchedGeneration generation =
            _scheduler.Submit(inputs, _pipeline.GenerationFor(task, taskOptions), sequences: 1, cancellationToken);
        await foreach ((_, GeneratedToken token) in generation.ConfigureAwait(false))
        {
            if (text.Append(token) is { Length: > 0 } piece)
            {
                yield return Update(id, new TextContent(piece));
            }
            if (text.IsStopped)
            {
                break;
            }
        }
        if (text.Complete() is { Length: > 0 } rest)
        {
            yield return Update(id, new TextContent(rest));
        }
        yield return Last(id, inputs, text.ToGeneratedText(), task, images, taskOptions);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(_pipeline) ? _pipeline
            : serviceType.IsInstanceOfType(_scheduler) ? _scheduler
            : null;
    }

    /// <summary>Ends what runs; the model stays.</summary>
    public void Dispose() => _scheduler.Dispose();

    private ChatResponseUpdate Last(
        string id, PaliGemmaInputs inputs, GeneratedText answer, TaskPrompt task, RgbImage[] images, TaskOptions options)
    {
        UsageContent usage = new(new UsageDetails
        {
            InputTokenCount = inputs.Tokens.Length,
            OutputTokenCount = answer.Tokens.Count,
            TotalTokenCount = inputs.Tokens.Length + answer.Tokens.Count,
        });
        ChatResponseUpdate update = Update(id, usage);
        update.FinishReason = answer.FinishReason == FinishReason.Stop ? ChatFinishReason.Stop : ChatFinishReason.Length;
        // Places in an answer are places in the one picture.
        if (images is [RgbImage image])
        {
            TaskOutput output = TaskOutputParser.Parse(task, answer, _pipeline.Tokenizer, image.Width, image.Height, options);
            update.RawRepresentation = output;
            if (task is ObjectPrompt || output.Objects.Count > 0)
            {
                ObjectRecord[] objects = [.. output.Objects.Select(ObjectRecord.Of)];
                update.AdditionalProperties = new AdditionalPropertiesDictionary
                {
                    [ObjectsProperty] = JsonSerializer.SerializeToElement(objects, ObjectJson.Default.ObjectRecordArray),
                };
            }
        }
        return update;
    }

    private ChatResponseUpdate Update(string id, AIContent content) => new(ChatRole.Assistant, [content])
    {
        ResponseId = id,
        MessageId = id,
        ModelId = _options.ModelId,
        CreatedAt = DateTimeOffset.UtcNow,
    };
}
