/** The first workload: two small web servers that say who they are, behind a load balancer, as a customer would write it. */
export function helloManifest(image: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: hello
  labels: { app: hello }
spec:
  replicas: 2
  selector:
    matchLabels: { app: hello }
  template:
    metadata:
      labels: { app: hello }
    spec:
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: { app: hello }
      containers:
        - name: hello
          image: ${image}
          command: [sh, -c]
          args:
            - |
              echo "hello from $(hostname)" > /www/index.html; cat /www/index.html
              exec httpd -f -p 8080 -h /www
          ports: [{ containerPort: 8080 }]
          readinessProbe:
            httpGet: { path: /, port: 8080 }
            periodSeconds: 1
          resources: { requests: { cpu: 10m, memory: 8Mi } }
          volumeMounts: [{ name: www, mountPath: /www }]
      volumes: [{ name: www, emptyDir: {} }]
---
apiVersion: v1
kind: Service
metadata:
  name: hello
  labels: { app: hello }
spec:
  type: LoadBalancer
  selector: { app: hello }
  ports: [{ port: 80, targetPort: 8080 }]
`;
}
