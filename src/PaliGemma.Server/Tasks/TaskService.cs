using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using PaliGemma.Imaging;
using PaliGemma.Processing;
using PaliGemma.Server.Access;
using PaliGemma.Server.Errors;
using PaliGemma.Server.Images;
using PaliGemma.Server.Streaming;
using PaliGemma.Tasks;

namespace PaliGemma.Server.Tasks;

/// <summary>Reads a task's request, runs it, and answers at once or piece by piece.</summary>
internal sealed class TaskService(ModelCatalog models, ImageReader images, PromptInputs inputs, ServerOptions limits)
{
    public async Task<IResult> RunAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : TaskRequest
    {
        (TaskRun run, bool stream) = await BeginAsync(context, type).ConfigureAwait(false);
        context.Response.RegisterForDispose(run);
        return stream
            ? new EventStream(run.EventsAsync())
            : TypedResults.Json(await run.AnswerAsync().ConfigureAwait(false), ServerJson.Readable.TaskAnswer);
    }

    /// <summary>Puts a request's task into the model's queue. By itself, so that the picture's pixels are not kept while the task waits there.</summary>
    private async Task<(TaskRun Run, bool Stream)> BeginAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : TaskRequest
    {
        CancellationToken cancellation = TimeLimit.Of(context);
        (T request, byte[]? file) = await TaskRequestReader.ReadAsync(context.Request, type, cancellation).ConfigureAwait(false);
        ServedModel model = models.Find(request.Model);
        (TaskPrompt task, TaskOptions options) = RequestException.Check(() =>
        {
            TaskOptions read = request.ToOptions(limits.MaxTokens);
            read.Generation.Validate();
            return (request.ToPrompt(), read);
        });
        RgbImage image = file is not null ? await images.DecodeAsync(file, cancellation).ConfigureAwait(false)
            : request.Image is string url ? await images.ReadAsync(url, cancellation).ConfigureAwait(false)
            : throw new RequestException(StatusCodes.Status400BadRequest, "The field 'image' is missing.", "image");
        PaliGemmaInputs prepared = await inputs.CreateAsync(model, [image], task.Text, options.Generation.MaxNewTokens, cancellation)
            .ConfigureAwait(false);
        (int Width, int Height) size = (image.Width, image.Height);
        return (RequestException.Check(() => TaskRun.Begin(model, task, size, prepared, options, cancellation)), request.Stream);
    }
}
