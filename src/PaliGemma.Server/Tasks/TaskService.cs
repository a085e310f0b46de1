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
internal sealed class TaskService(ModelCatalog models, ImageReader images, PromptInputs inputs)
{
    public async Task<IResult> RunAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : TaskRequest
    {
        CancellationToken cancellation = TimeLimit.Of(context);
        (T request, byte[]? file) = await TaskRequestReader.ReadAsync(context.Request, type, cancellation).ConfigureAwait(false);
        ServedModel model = models.Find(request.Model);
        (TaskPrompt task, TaskOptions options) = RequestException.Check(() =>
        {
            TaskOptions read = request.ToOptions();
            read.Generation.Validate();
            return (request.ToPrompt(), read);
        });
        RgbImage image = file is not null ? await images.DecodeAsync(file, cancellation).ConfigureAwait(false)
            : request.Image is string url ? await images.ReadAsync(url, cancellation).ConfigureAwait(false)
            : throw new RequestException(StatusCodes.Status400BadRequest, "The field 'image' is missing.", "image");
        PaliGemmaInputs prepared = await inputs.CreateAsync(model, [image], task.Text, options.Generation.MaxNewTokens, cancellation)
            .ConfigureAwait(false);
        TaskRun run = RequestException.Check(() => TaskRun.Begin(model, task, image, prepared, options, cancellation));
        context.Response.RegisterForDispose(run);
        return request.Stream
            ? new EventStream(run.EventsAsync())
            : TypedResults.Json(await run.AnswerAsync().ConfigureAwait(false), ServerJson.Readable.TaskAnswer);
    }
}
