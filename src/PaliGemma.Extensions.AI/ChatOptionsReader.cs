using Microsoft.Extensions.AI;
using PaliGemma.Tasks;

namespace PaliGemma.Extensions.AI;

/// <summary>Turns the options of a chat into those of a task.</summary>
internal static class ChatOptionsReader
{
    public static TaskOptions Read(ChatOptions? options, IChatClient client)
    {
        TaskOptions task = options?.RawRepresentationFactory?.Invoke(client) as TaskOptions ?? new TaskOptions();
        if (options is null)
        {
            return task;
        }
        return task with
        {
            Generation = task.Generation with
            {
                MaxNewTokens = options.MaxOutputTokens ?? task.Generation.MaxNewTokens,
                Temperature = options.Temperature ?? task.Generation.Temperature,
                TopK = options.TopK ?? task.Generation.TopK,
                TopP = options.TopP ?? task.Generation.TopP,
                Seed = options.Seed is long seed ? unchecked((ulong)seed) : task.Generation.Seed,
            },
        };
    }

    /// <exception cref="NotSupportedException">An option asks for what the model does not do.</exception>
    public static void RefuseUnsupported(ChatOptions? options, string modelId)
    {
        string? refusal = options switch
        {
            null => null,
            { ModelId: string other } when other != modelId => $"The model of this client is '{modelId}', not '{other}'.",
            { Tools.Count: > 0 } => "PaliGemma calls no tools.",
            { ToolMode: RequiredChatToolMode } => "PaliGemma calls no tools.",
            { Instructions.Length: > 0 } => "PaliGemma takes no instructions, only a prompt.",
            { ConversationId: not null } => "PaliGemma holds no conversations.",
            { ResponseFormat: ChatResponseFormatJson } =>
                $"PaliGemma answers in text; found objects are in the additional property '{PaliGemmaChatClient.ObjectsProperty}'.",
            { FrequencyPenalty: not (null or 0) } or { PresencePenalty: not (null or 0) } => "PaliGemma has no penalties for repetition.",
            { Reasoning.Effort: not (null or ReasoningEffort.None) } or { Reasoning.Output: not (null or ReasoningOutput.None) } =>
                "PaliGemma does not reason before it answers.",
            { ContinuationToken: not null } or { AllowBackgroundResponses: true } => "PaliGemma does not answer in the background.",
            _ => null,
        };
        if (refusal is not null)
        {
            throw new NotSupportedException(refusal);
        }
    }
}
