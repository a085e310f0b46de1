using Microsoft.AspNetCore.Http;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Processing;
using PaliGemma.Server.Access;
using PaliGemma.Server.Errors;
using PaliGemma.Server.Images;
using PaliGemma.Server.Streaming;

namespace PaliGemma.Server.OpenAI;

/// <summary>Reads a chat, runs it, and answers at once or piece by piece.</summary>
internal sealed class ChatService(ModelCatalog models, ImageReader images, PromptInputs inputs, ServerOptions options)
{
    public async Task<IResult> RunAsync(HttpContext context)
    {
        (ChatRun run, bool stream) = await BeginAsync(context).ConfigureAwait(false);
        context.Response.RegisterForDispose(run);
        return stream
            ? new EventStream(run.EventsAsync())
            : TypedResults.Json(await run.AnswerAsync().ConfigureAwait(false), ServerJson.Readable.ChatCompletion);
    }

    /// <summary>Puts a chat into the model's queue. By itself, so that the pictures' pixels are not kept while the chat waits there.</summary>
    private async Task<(ChatRun Run, bool Stream)> BeginAsync(HttpContext context)
    {
        CancellationToken cancellation = TimeLimit.Of(context);
        ChatRequest request = await JsonBody.ReadAsync(context.Request, ServerJson.Readable.ChatRequest, cancellation).ConfigureAwait(false);
        ServedModel model = models.Find(request.Model);
        ChatPrompt prompt = ChatPrompt.Of(request, options);
        List<RgbImage> pictures = [];
        foreach (string url in prompt.ImageUrls)
        {
            pictures.Add(await images.ReadAsync(url, cancellation).ConfigureAwait(false));
        }
        PaliGemmaInputs prepared = await inputs.CreateAsync(model, pictures, prompt.Text, prompt.Options.MaxNewTokens, cancellation)
            .ConfigureAwait(false);
        BatchedGeneration generation =
            RequestException.Check(() => model.Scheduler.Submit(prepared, prompt.Options, request.N ?? 1, cancellation));
        return (new ChatRun(model, request, generation, prepared.Tokens.Length), request.Stream is true);
    }
}
